//! Commands on accounts.

mod adjust;
mod charge;
mod close;
mod item;
mod move_payment;
mod pay;
mod refund;
pub(super) mod refusals;
mod settle;

use super::endpoint::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        charge::route(),
        pay::route(),
        settle::route(),
        refund::route(),
        move_payment::route(),
        adjust::route(),
        close::route(),
    ]
}
