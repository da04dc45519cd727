//! The plan of the command benchmark.

use platform::config::SecretUrl;

/// The plan of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The numbers of clients.
    pub clients: Vec<usize>,
    /// The time each cell is measured.
    pub seconds: f64,
    /// The number of rounds. The figures are medians.
    pub rounds: usize,
    /// The number of patients that exist before the clients start.
    pub patients: usize,
    /// The share of each load scenario to run, in percent. The figures use 100.
    pub load_percent: u32,
    /// Empty NATS servers to use instead of an own one.
    pub nats: Option<SecretUrl>,
}

impl Plan {
    /// The warm-up of a cell: a quarter of the measurement, at most a second.
    pub(super) fn warm_up_seconds(&self) -> f64 {
        (self.seconds / 4.0).min(1.0)
    }

    /// The number of requests of a scenario to send, at least one.
    pub(super) fn requests(&self, of: usize) -> usize {
        let percent = usize::try_from(self.load_percent).unwrap_or(100);
        (of * percent / 100).max(1)
    }

    /// Whether the scenarios run completely, as published.
    pub(super) const fn runs_whole_scenarios(&self) -> bool {
        self.load_percent == 100
    }
}
