//! Queries on patients.

mod get;
mod list;
mod search;

use api::{IdentifierResource, PATIENTS, PatientResource};
use domain::{patient::PatientStatus, values::PartialDate};
use read_models::patient::PatientRow;

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

fn show(row: PatientRow) -> PatientResource {
    let identifiers = row.identifiers.into_iter();
    let born = row.date_of_birth.zip(row.date_of_birth_latest);
    PatientResource {
        id: row.id,
        name: row.name,
        date_of_birth: born.and_then(|(earliest, latest)| PartialDate::spanning(earliest, latest)),
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
        deceased: row.deceased,
        deceased_at: row.deceased_at,
        version: row.version,
    }
}
