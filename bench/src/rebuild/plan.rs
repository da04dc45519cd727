//! What a run of the rebuild benchmark is to measure.

/// What a run is to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// From how many events is rebuilt.
    pub events: u64,
    /// In how many parts a version is folded.
    pub workers: usize,
    /// How often everything is measured; the figures are medians.
    pub rounds: usize,
    /// From how many events is rebuilt besides, to see whether it slows down; none leaves that out.
    pub sizes: Vec<u64>,
}
