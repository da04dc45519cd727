//! Commands on accounts.

mod adjust;
mod charge;
mod close;
pub(super) mod refusals;

use super::endpoint::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![charge::route(), adjust::route(), close::route()]
}
