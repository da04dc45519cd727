//! The plan of the visibility benchmark.

/// The plan of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The numbers of clients for the peak.
    pub clients: Vec<usize>,
    /// The rate of commands of the open loop. `None` is half of the peak.
    pub rate: Option<f64>,
    /// One of this many commands is followed by a query that needs its result.
    pub sample: u64,
    /// The time each loop is measured.
    pub seconds: f64,
    /// The number of rounds. The figures are medians.
    pub rounds: usize,
    /// The number of patients that exist before the clients start.
    pub patients: usize,
    /// The minimum number of events in the log before the rebuilds.
    pub events: u64,
    /// The rate of commands beside the queries.
    pub rebuild_rate: f64,
    /// The rate of queries.
    pub query_rate: f64,
    /// The time the queries are measured without rebuilds, and then with rebuilds. 0 skips both.
    pub rebuild_seconds: f64,
}

impl Plan {
    /// The warm-up of a measurement: a quarter of its length, at most a second.
    pub(super) fn warm_up_seconds(seconds: f64) -> f64 {
        (seconds / 4.0).min(1.0)
    }
}
