//! What a run has measured, before anything is made of it.

use bench_driver::Worked;
use serde::Serialize;

use super::metrics::Told;

/// The open loop of commands in one round, some of them followed by a query.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Visible {
    /// The round, from 1.
    pub(super) round: usize,
    /// The most commands a second that the closed loops have reached; nothing if the rate was given.
    pub(super) peak: Option<f64>,
    /// The commands, from the instant they were due to their acknowledgement.
    pub(super) commands: Worked,
    /// The queries that followed, from the command's acknowledgement to their answer.
    pub(super) seen: Worked,
    /// The service's own histograms, from the instant it took a command to the commit of the rows.
    pub(super) server: Vec<Told>,
}

/// Commands and queries beside each other.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Beside {
    pub(super) commands: Worked,
    pub(super) queries: Worked,
    /// How long each rebuild took that went on meanwhile.
    pub(super) rebuild_seconds: Vec<f64>,
}

/// The queries in one round, without and with rebuilds beside them.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Rebuilding {
    /// The round, from 1.
    pub(super) round: usize,
    /// How many events the log held when the rebuilds began.
    pub(super) events: u64,
    pub(super) quiet: Beside,
    pub(super) rebuilding: Beside,
}

/// Everything that was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Outcome {
    pub(super) visible: Vec<Visible>,
    pub(super) rebuilds: Vec<Rebuilding>,
}

impl Outcome {
    /// What a reader must know.
    pub(super) fn notes(&self) -> Vec<String> {
        let visible = self.visible.iter().flat_map(|row| [&row.commands, &row.seen]);
        let beside = self.rebuilds.iter().flat_map(|row| [&row.quiet, &row.rebuilding]);
        let mut failures = 0;
        let mut failure = None;
        for worked in visible.chain(beside.flat_map(|row| [&row.commands, &row.queries])) {
            failures += worked.all.failures;
            failure = failure.or(worked.failure.as_ref());
        }
        let told = |reason| format!("{failures} requests failed, one of them for this reason: {reason}");
        failure.map(told).into_iter().collect()
    }
}
