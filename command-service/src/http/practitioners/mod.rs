//! Commands on practitioners.

mod add_time_off;
mod change;
mod deactivate;
pub(super) mod refusals;
mod register;
mod remove_time_off;
mod set_availability;

use super::endpoint::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        register::route(),
        change::route(),
        deactivate::route(),
        set_availability::route(),
        add_time_off::route(),
        remove_time_off::route(),
    ]
}
