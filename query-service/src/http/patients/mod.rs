//! Queries on patients.

mod get;
mod list;

use api::{IdentifierResource, PATIENTS, PatientResource};
use domain::patient::PatientStatus;
use read_models::patient::PatientRow;

use super::endpoint::{Endpoint, Route};

/// The projection behind a patient.
const PROJECTIONS: &[&str] = &["patient"];

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![
        list::route(),
        get::route(),
        Endpoint::history(&PATIENTS).tells(PatientResource::of),
    ]
}

fn show(row: PatientRow) -> PatientResource {
    let identifiers = row.identifiers.into_iter();
    PatientResource {
        id: row.id,
        name: row.name,
        date_of_birth: row.date_of_birth,
        email: row.email,
        phone: row.phone,
        address: row.address,
        gender: row.gender,
        identifiers: identifiers
            .map(|given| IdentifierResource {
                system: given.system,
                value: given.value,
            })
            .collect(),
        active: row.status == PatientStatus::Active.code(),
        version: row.version,
    }
}
