//! Commands on patients.

mod change;
mod deactivate;
mod erase;
mod identifiers;
mod reactivate;
mod record_death;
pub(super) mod refusals;
mod register;
mod revoke_death;

use super::endpoint::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        register::route(),
        change::route(),
        deactivate::route(),
        reactivate::route(),
        record_death::route(),
        revoke_death::route(),
        erase::route(),
    ]
}
