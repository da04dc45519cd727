//! The measurements of a run.

use bench_driver::{Distribution, Measured};
use serde::Serialize;

use super::plan::{Contender, Plan};
use crate::statistics::median;

/// A cell in one round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// The round, from 1.
    pub(super) round: usize,
    /// The number of clients of the cell. Bare publishes reach the same number of events in flight in other ways, which
    /// `system` and `batch` distinguish.
    pub(super) clients: usize,
    pub(super) distribution: Distribution,
    #[serde(flatten)]
    pub(super) contender: Contender,
    pub(super) events_per_second: f64,
    #[serde(flatten)]
    pub(super) measured: Measured,
}

/// The number of syncs of a server per event.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Syncs {
    pub(super) clients: usize,
    #[serde(flatten)]
    pub(super) contender: Contender,
    pub(super) events: u64,
    pub(super) syncs: u64,
}

/// Loads of one aggregate from a large log.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SingleLoads {
    /// The number of events in the stream.
    pub(super) events: u64,
    pub(super) rounds: Vec<Measured>,
}

/// Appends to a young and to a grown stream, and starts of a store on the grown stream.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Growth {
    pub(super) young_events: u64,
    pub(super) grown_events: u64,
    /// Events per second, by round.
    pub(super) young_rates: Vec<f64>,
    pub(super) grown_rates: Vec<f64>,
    /// The memory of the server per event of the grown stream.
    pub(super) server_bytes_per_event: Option<f64>,
    /// The number of commits in the grown stream.
    pub(super) grown_commits: u64,
    /// The time from connecting to an index that has folded the stream: without its file, and with it.
    pub(super) cold_start_seconds: Option<f64>,
    pub(super) warm_start_seconds: Option<f64>,
}

/// All measurements.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Outcome {
    #[serde(rename = "cells")]
    pub(super) rows: Vec<Row>,
    /// Empty if strace was not available.
    pub(super) syncs: Vec<Syncs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) loads: Option<SingleLoads>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) growth: Option<Growth>,
}

impl Outcome {
    /// The rows of a contender in one cell.
    pub(super) fn rows_of(
        &self,
        clients: usize,
        distribution: Distribution,
        contender: Contender,
    ) -> impl Iterator<Item = &Row> {
        self.rows
            .iter()
            .filter(move |row| row.clients == clients && row.distribution == distribution && row.contender == contender)
    }

    /// The rates of a contender under uniform load, with their rounds.
    pub(super) fn rates(&self, clients: usize, contender: Contender) -> Vec<(usize, f64)> {
        self.rows_of(clients, Distribution::Uniform, contender)
            .map(|row| (row.round, row.events_per_second))
            .collect()
    }

    /// Notes for the reader.
    pub(super) fn notes(&self, plan: &Plan, with_peers: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if !with_peers {
            notes.push(
                "The peers were not run. Build them with `cargo build --release --manifest-path bench/peers/Cargo.toml`, \
                 which needs protoc."
                    .to_owned(),
            );
        }
        if plan.count_syncs && self.syncs.is_empty() {
            notes
                .push("Fsyncs were not counted: this needs strace and the permission to trace the servers.".to_owned());
        }
        let failures: u64 = self.rows.iter().map(|row| row.measured.failures).sum();
        if let Some(failure) = self.rows.iter().find_map(|row| row.measured.failure.as_ref()) {
            notes.push(format!("{failures} operations failed; one of the reasons: {failure}"));
        }
        notes
    }
}

/// The median of a value over the rows of several rounds.
pub(super) fn median_of(rows: &[&Row], value: impl Fn(&Measured) -> Option<f64>) -> Option<f64> {
    median(rows.iter().filter_map(|row| value(&row.measured)))
}
