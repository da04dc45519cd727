//! Queries on practitioners.

mod get;
mod list;

use super::endpoint::Route;

/// The projection behind a practitioner.
const PROJECTIONS: &[&str] = &["practitioner"];

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![list::route(), get::route()]
}
