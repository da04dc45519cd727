//! Queries about patients.

pub(crate) mod get;
pub(crate) mod list;

use read_models::patient::PatientRow;
use schemas::api::{IdentifierResource, PatientResource};

fn show(row: PatientRow) -> PatientResource {
    let identifiers: Vec<IdentifierResource> = serde_json::from_value(row.identifiers).unwrap_or_default();
    PatientResource {
        id: row.id,
        name: row.name,
        date_of_birth: row.date_of_birth,
        email: row.email,
        phone: row.phone,
        address: row.address,
        gender: row.gender,
        identifiers,
        version: row.version,
    }
}
