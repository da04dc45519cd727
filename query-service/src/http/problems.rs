//! The problem types of the query side. Each has a page in `docs/errors/`.

use platform::http::{ErrorPage, ProblemType};

/// The read models have not reached the position that the caller wants to see.
pub const PROJECTION_BEHIND: ProblemType = ProblemType {
    slug: "projection-behind",
    title: "Read models are behind",
    status: 503,
};

/// Every problem type of the query side.
pub const ALL: &[&ProblemType] = &[&PROJECTION_BEHIND];

/// The pages that explain them.
pub const PAGES: &[ErrorPage] = &[(
    "projection-behind",
    include_str!("../../../docs/errors/projection-behind.md"),
)];
