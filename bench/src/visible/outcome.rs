//! The measurements of a run.

use bench_driver::Worked;
use serde::Serialize;

use super::metrics::Told;

/// The open loop of commands in one round, some of them followed by a query.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Visible {
    /// The round, from 1.
    pub(super) round: usize,
    /// The peak rate of the closed loops; `None` if the rate was given.
    pub(super) peak: Option<f64>,
    /// The commands, from the time they were due to their acknowledgement.
    pub(super) commands: Worked,
    /// The following queries, from the acknowledgement of the command to their response.
    pub(super) seen: Worked,
    /// The histograms of the service, from receiving a command to committing the rows.
    pub(super) server: Vec<Told>,
}

/// Concurrent commands and queries.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Beside {
    pub(super) commands: Worked,
    pub(super) queries: Worked,
    /// The time of each rebuild during the measurement.
    pub(super) rebuild_seconds: Vec<f64>,
}

/// The queries in one round, without and with rebuilds.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Rebuilding {
    /// The round, from 1.
    pub(super) round: usize,
    /// The number of events in the log before the rebuilds.
    pub(super) events: u64,
    pub(super) quiet: Beside,
    pub(super) rebuilding: Beside,
}

/// All measurements.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Outcome {
    pub(super) visible: Vec<Visible>,
    pub(super) rebuilds: Vec<Rebuilding>,
}

impl Outcome {
    /// Notes for the reader.
    pub(super) fn notes(&self) -> Vec<String> {
        let visible = self.visible.iter().flat_map(|row| [&row.commands, &row.seen]);
        let beside = self.rebuilds.iter().flat_map(|row| [&row.quiet, &row.rebuilding]);
        let mut failures = 0;
        let mut failure = None;
        for worked in visible.chain(beside.flat_map(|row| [&row.commands, &row.queries])) {
            failures += worked.all.failures;
            failure = failure.or(worked.failure.as_ref());
        }
        let told = |reason| format!("{failures} requests failed; one of the reasons: {reason}");
        failure.map(told).into_iter().collect()
    }
}
