//! Commands on appointments.

mod arrive;
mod book;
mod cancel;
mod change;
mod fulfil;
mod mark_in_error;
mod no_show;
mod overbooking;
pub(super) mod refusals;
mod reopen;

use super::endpoint::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        book::route(),
        change::route(),
        cancel::route(),
        arrive::route(),
        fulfil::route(),
        no_show::route(),
        reopen::route(),
        mark_in_error::route(),
    ]
}
