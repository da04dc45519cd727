//! Queries about the ledger as a whole.

mod prove;

use super::endpoint::Route;

/// Every query's route.
pub(super) fn routes() -> Vec<Route> {
    vec![prove::route()]
}
