//! Commands on accounts.

mod adjust;
mod charge;
mod close;

use super::endpoint::Route;

/// The endpoints.
pub(super) fn routes() -> Vec<Route> {
    vec![charge::route(), adjust::route(), close::route()]
}
