//! `DELETE /api/patients/{id}`

use api::PatientResource;
use commands::DeactivatePatient;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::PATIENTS,
    patients::refusals::on_patient,
};

pub(in crate::http) fn route() -> Route {
    PATIENTS
        .delete("/{id}")
        .summary("Deactivate a patient.")
        .description("Nothing new is begun for them. What is known of them stays, and they can be activated again.")
        .answers::<PatientResource>("Deactivated, or not active before")
        .says(on_patient)
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(DeactivatePatient {
                target: request.target(),
            })
        })
}
