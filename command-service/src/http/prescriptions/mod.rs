//! Commands on prescriptions.

mod amend;
mod cancel;
mod complete;
mod decide_refill;
mod hold;
mod issue;
mod medicines;
mod prescribe;
mod reason;
pub(super) mod refusals;
mod request_refill;
mod resume;
mod stop;

use super::endpoint::Route;

pub(super) fn routes() -> Vec<Route> {
    vec![
        prescribe::route(),
        amend::route(),
        cancel::route(),
        issue::route(),
        hold::route(),
        resume::route(),
        request_refill::route(),
        decide_refill::route(),
        complete::route(),
        stop::route(),
    ]
}
