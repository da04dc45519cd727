//! What a run of the benchmark of what is seen is to measure.

/// What a run is to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The numbers of clients that the peak is looked for with.
    pub clients: Vec<usize>,
    /// How many commands a second the open loop sends. Nothing: half of the peak.
    pub rate: Option<f64>,
    /// One of so many commands is followed by a query that needs it.
    pub sample: u64,
    /// How long each loop is measured.
    pub seconds: f64,
    /// How often everything is run; the figures are medians.
    pub rounds: usize,
    /// How many patients are registered before the clients begin.
    pub patients: usize,
    /// How many events the log holds at least before it is rebuilt from.
    pub events: u64,
    /// How many commands a second arrive beside the queries.
    pub rebuild_rate: f64,
    /// How many queries a second are asked.
    pub query_rate: f64,
    /// How long the queries are measured without a rebuild, and then as long beside one. 0: not at all.
    pub rebuild_seconds: f64,
}

impl Plan {
    /// The warm-up before so many seconds are measured: a quarter of them, and not more than a second.
    pub(super) fn warm_up_seconds(seconds: f64) -> f64 {
        (seconds / 4.0).min(1.0)
    }
}
