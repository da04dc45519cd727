//! Queries on the whole ledger.

mod prove;

use super::endpoint::Route;

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![prove::route()]
}
