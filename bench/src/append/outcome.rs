//! What a run has measured, before anything is made of it.

use bench_driver::{Distribution, Measured};
use serde::Serialize;

use super::plan::{Contender, Plan};
use crate::statistics::median;

/// One cell in one round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// The round, from 1.
    pub(super) round: usize,
    /// The number of clients that the cell belongs to. Bare publishes reach the same number of events in flight in other
    /// ways, which `system` and `batch` tell apart.
    pub(super) clients: usize,
    pub(super) distribution: Distribution,
    #[serde(flatten)]
    pub(super) contender: Contender,
    pub(super) events_per_second: f64,
    #[serde(flatten)]
    pub(super) measured: Measured,
}

/// How often a server synced for each event.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Syncs {
    pub(super) clients: usize,
    #[serde(flatten)]
    pub(super) contender: Contender,
    pub(super) events: u64,
    pub(super) syncs: u64,
}

/// Loads of one aggregate among many events.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SingleLoads {
    /// How many events the stream held.
    pub(super) events: u64,
    pub(super) rounds: Vec<Measured>,
}

/// Appends to a young stream and to a grown one, and starts of a store on the grown one.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Growth {
    pub(super) young_events: u64,
    pub(super) grown_events: u64,
    /// Events a second, round by round.
    pub(super) young_rates: Vec<f64>,
    pub(super) grown_rates: Vec<f64>,
    /// The memory that the server holds for each event of the grown stream.
    pub(super) server_bytes_per_event: Option<f64>,
    /// How many commits hold the events of the grown stream.
    pub(super) grown_commits: u64,
    /// From connecting to an index that has folded the stream: without its file, and with it.
    pub(super) cold_start_seconds: Option<f64>,
    pub(super) warm_start_seconds: Option<f64>,
}

/// Everything that was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Outcome {
    #[serde(rename = "cells")]
    pub(super) rows: Vec<Row>,
    /// Empty when there was nothing to count with.
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

    /// What a reader must know.
    pub(super) fn notes(&self, plan: &Plan, with_peers: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if !with_peers {
            notes.push(
                "The peers took no part. Build them with `cargo build --release --manifest-path bench/peers/Cargo.toml`, \
                 which needs protoc."
                    .to_owned(),
            );
        }
        if plan.count_syncs && self.syncs.is_empty() {
            notes.push("Fsyncs were not counted: that takes strace, and leave to look at the servers.".to_owned());
        }
        let failures: u64 = self.rows.iter().map(|row| row.measured.failures).sum();
        if let Some(failure) = self.rows.iter().find_map(|row| row.measured.failure.as_ref()) {
            notes.push(format!(
                "{failures} operations failed, one of them for this reason: {failure}"
            ));
        }
        notes
    }
}

/// The median of a value over the rows of several rounds.
pub(super) fn median_of(rows: &[&Row], value: impl Fn(&Measured) -> Option<f64>) -> Option<f64> {
    median(rows.iter().filter_map(|row| value(&row.measured)))
}
