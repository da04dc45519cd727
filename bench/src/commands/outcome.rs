//! What a run has measured, before anything is made of it.

use bench_driver::{Measured, Worked};
use serde::Serialize;

/// The mixed workload at a number of clients, in one round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// The round, from 1.
    pub(super) round: usize,
    /// The clients of a closed loop; nothing for the open loop.
    pub(super) clients: Option<usize>,
    pub(super) commands_per_second: f64,
    /// As many events as the commands have stored.
    pub(super) events_per_second: f64,
    #[serde(flatten)]
    pub(super) worked: Worked,
}

impl Row {
    /// A row, with the events that were stored while all of its commands were done.
    pub(super) fn new(round: usize, clients: Option<usize>, worked: Worked, events: u64) -> Self {
        let commands_per_second = worked.rate();
        let per_command = events as f64 / worked.done_in_all.max(1) as f64;
        Self {
            round,
            clients,
            commands_per_second,
            events_per_second: commands_per_second * per_command,
            worked,
        }
    }
}

/// What JetStream takes without anything in front of it, in one round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Limit {
    /// The round, from 1.
    pub(super) round: usize,
    pub(super) events_per_second: f64,
    #[serde(flatten)]
    pub(super) measured: Measured,
}

/// The load scenarios of one round.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Scenarios {
    pub(super) creates_alone: Worked,
    pub(super) lists_alone: Worked,
    pub(super) creates_beside: Worked,
    pub(super) lists_beside: Worked,
}

impl Scenarios {
    /// Each load, with its name.
    pub(super) const fn named(&self) -> [(&'static str, &Worked); 4] {
        [
            ("1: creates, 10 at once", &self.creates_alone),
            ("2: lists, 20 at once", &self.lists_alone),
            ("3: creates, 100 at once", &self.creates_beside),
            ("3: lists, 120 at once", &self.lists_beside),
        ]
    }
}

/// Everything that was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Outcome {
    #[serde(rename = "cells")]
    pub(super) rows: Vec<Row>,
    pub(super) half_peak: Vec<Row>,
    pub(super) limits: Vec<Limit>,
    pub(super) scenarios: Vec<Scenarios>,
}

impl Outcome {
    /// What a reader must know.
    pub(super) fn notes(&self) -> Vec<String> {
        let rows = self.rows.iter().chain(&self.half_peak).map(|row| &row.worked);
        let scenarios = self.scenarios.iter().flat_map(|scenarios| scenarios.named());
        let mut failures = 0;
        let mut failure = None;
        for worked in rows.chain(scenarios.map(|(_, worked)| worked)) {
            failures += worked.all.failures;
            failure = failure.or(worked.failure.as_ref());
        }
        let told = |reason| format!("{failures} requests failed, one of them for this reason: {reason}");
        failure.map(told).into_iter().collect()
    }
}
