//! Queries on prescriptions.

mod get;
mod list;

use api::{PRESCRIPTIONS, PrescriptionResource};

use super::endpoint::{Endpoint, Route};

/// The projections behind a prescription.
const PROJECTIONS: &[&str] = &["prescription", "cached_patient"];

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![
        list::route(),
        get::route(),
        Endpoint::history(&PRESCRIPTIONS).tells(PrescriptionResource::of),
    ]
}
