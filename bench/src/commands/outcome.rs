//! The measurements of a run.

use bench_driver::Worked;
use serde::Serialize;

/// The measured service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Service {
    Anamnesis,
    /// The plain service on Postgres.
    Crud,
}

impl Service {
    /// The name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Anamnesis => "anamnesis",
            Self::Crud => "crud",
        }
    }
}

/// The mixed workload under one load, in one round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// The round, from 1.
    pub(super) round: usize,
    pub(super) service: Service,
    /// The number of serving processes.
    pub(super) processes: usize,
    /// The number of clients of a closed loop; `None` for an open loop.
    pub(super) clients: Option<usize>,
    pub(super) commands_per_second: f64,
    /// The number of stored events; `None` for a service without events.
    pub(super) events_per_second: Option<f64>,
    #[serde(flatten)]
    pub(super) worked: Worked,
}

impl Row {
    /// A row of one process, with the number of events that all of its commands stored.
    pub(super) fn new(
        round: usize,
        service: Service,
        clients: Option<usize>,
        worked: Worked,
        events: Option<u64>,
    ) -> Self {
        let commands_per_second = worked.rate();
        let per_command = |events: u64| events as f64 / worked.done_in_all.max(1) as f64;
        Self {
            round,
            service,
            processes: 1,
            clients,
            commands_per_second,
            events_per_second: events.map(|events| commands_per_second * per_command(events)),
            worked,
        }
    }

    /// Commands per second.
    pub(super) const fn rate(&self) -> f64 {
        self.commands_per_second
    }

    /// The median latency of a command, in milliseconds.
    pub(super) const fn p50_ms(&self) -> f64 {
        self.worked.all.latency.p50_ms
    }

    /// The 99th percentile of the latency of a command, in milliseconds.
    pub(super) const fn p99_ms(&self) -> f64 {
        self.worked.all.latency.p99_ms
    }
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
    /// Each load with its name.
    pub(super) const fn named(&self) -> [(&'static str, &Worked); 4] {
        [
            ("1: creates, 10 concurrent", &self.creates_alone),
            ("2: lists, 20 concurrent", &self.lists_alone),
            ("3: creates, 100 concurrent", &self.creates_beside),
            ("3: lists, 120 concurrent", &self.lists_beside),
        ]
    }
}

/// All measurements.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Outcome {
    /// The closed loops.
    #[serde(rename = "cells")]
    pub(super) rows: Vec<Row>,
    /// The open loops at half of the plain service's peak.
    pub(super) crud_half_peak: Vec<Row>,
    /// The open loops at half of our peak.
    pub(super) half_peak: Vec<Row>,
    /// The same clients with one process and with two.
    pub(super) processes: Vec<Row>,
    pub(super) scenarios: Vec<Scenarios>,
}

impl Outcome {
    /// The peak rate of a service's closed loops in a round; `None` if the service was not run.
    pub(super) fn peak(&self, round: usize, service: Service) -> Option<f64> {
        let rows = self
            .rows
            .iter()
            .filter(|row| row.round == round && row.service == service);
        rows.map(|row| row.commands_per_second).reduce(f64::max)
    }

    /// Notes for the reader.
    pub(super) fn notes(&self) -> Vec<String> {
        let lists = [&self.rows, &self.crud_half_peak, &self.half_peak, &self.processes];
        let rows = lists.into_iter().flatten().map(|row| &row.worked);
        let scenarios = self.scenarios.iter().flat_map(|scenarios| scenarios.named());
        let mut failures = 0;
        let mut failure = None;
        for worked in rows.chain(scenarios.map(|(_, worked)| worked)) {
            failures += worked.all.failures;
            failure = failure.or(worked.failure.as_ref());
        }
        let told = |reason| format!("{failures} requests failed; one of the reasons: {reason}");
        failure.map(told).into_iter().collect()
    }
}
