//! `DELETE /api/patients/{id}/death`

use api::PatientResource;
use commands::RevokeDeath;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::PATIENTS,
    patients::refusals::on_patient,
};

pub(in crate::http) fn route() -> Route {
    PATIENTS
        .delete("/{id}/death")
        .summary("Revoke a patient's death that was recorded in error.")
        .description("Cancelled appointments stay cancelled, and stopped prescriptions stay stopped.")
        .answers::<PatientResource>("Revoked, or not recorded")
        .says(on_patient)
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(RevokeDeath {
                target: request.target(),
            })
        })
}
