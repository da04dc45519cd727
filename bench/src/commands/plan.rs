//! What a run of the command benchmark is to measure.

/// What a run is to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The numbers of clients.
    pub clients: Vec<usize>,
    /// How long each cell is measured.
    pub seconds: f64,
    /// How often everything is run; the figures are medians.
    pub rounds: usize,
    /// How many patients are registered before the clients begin.
    pub patients: usize,
    /// How much of each load scenario is run. The figures belong to 100.
    pub load_percent: u32,
}

impl Plan {
    /// The warm-up of a cell: a quarter of what is measured, and not more than a second.
    pub(super) fn warm_up_seconds(&self) -> f64 {
        (self.seconds / 4.0).min(1.0)
    }

    /// The share of a scenario's requests that are sent: one at least.
    pub(super) fn requests(&self, of: usize) -> usize {
        let percent = usize::try_from(self.load_percent).unwrap_or(100);
        (of * percent / 100).max(1)
    }

    /// Whether the scenarios are run as they were published.
    pub(super) const fn runs_whole_scenarios(&self) -> bool {
        self.load_percent == 100
    }
}
