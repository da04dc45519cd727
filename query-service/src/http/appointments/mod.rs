//! Queries on appointments. Responses include data from `cached_patient` and `practitioner`.

mod get;
mod list;

use api::APPOINTMENTS;

use super::endpoint::{Endpoint, Route};
use crate::past::own_appointment;

/// The projections behind an enriched appointment.
const PROJECTIONS: &[&str] = &["appointment", "cached_patient", "practitioner"];

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![
        list::route(),
        get::route(),
        Endpoint::history(&APPOINTMENTS).tells(own_appointment),
    ]
}
