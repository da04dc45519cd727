//! Queries about patients.

pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod list;

use api::{IdentifierResource, PatientResource};
use domain::patient::PatientStatus;
use read_models::patient::PatientRow;

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
