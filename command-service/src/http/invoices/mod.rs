//! Commands on invoices and their payments.

mod add_line;
mod cancel;
mod credit;
mod draft;
mod issue;
mod line;
mod pay;
mod refund;
pub(super) mod refusals;
mod settle;

pub(super) use pay::certainty;
pub(super) use refund::refund;
pub(super) use settle::{outcome, reference, unknown_payment};

use super::endpoint::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        draft::route(),
        add_line::route(),
        issue::route(),
        pay::route(),
        settle::route(),
        refund::route(),
        credit::route(),
        cancel::route(),
    ]
}
