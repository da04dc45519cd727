//! Queries on patients.

mod get;
mod list;
mod search;

use api::{PATIENTS, PatientResource};

use super::endpoint::{Endpoint, Route};

/// The projection behind a patient.
const PROJECTIONS: &[&str] = &["patient"];

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![
        list::route(),
        search::route(),
        get::route(),
        Endpoint::history(&PATIENTS).tells(PatientResource::of),
    ]
}
