//! The problem types of the query side. Each has a page in `docs/errors/`.

use http_edge::problem_types;

problem_types! {
    /// The read models have not reached the position of the caller's `Consistency-Token`.
    PROJECTION_BEHIND = (503, "projection-behind", "Read models are behind");
}
