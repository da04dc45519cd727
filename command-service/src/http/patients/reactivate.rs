//! `POST /api/patients/{id}/reactivation`

use api::PatientResource;
use commands::ReactivatePatient;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::PATIENTS,
    patients::refusals::on_patient,
};

pub(in crate::http) fn route() -> Route {
    PATIENTS
        .post("/{id}/reactivation")
        .summary("Reactivate a patient.")
        .answers::<PatientResource>("Reactivated, or already active")
        .says(on_patient)
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(ReactivatePatient {
                target: request.target(),
            })
        })
}
