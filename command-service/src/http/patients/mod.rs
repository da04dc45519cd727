//! Commands on patients.

mod change;
mod deactivate;
mod erase;
mod identifiers;
mod reactivate;
pub(super) mod refusals;
mod register;

use super::endpoint::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        register::route(),
        change::route(),
        deactivate::route(),
        reactivate::route(),
        erase::route(),
    ]
}
