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
        .description("An inactive patient cannot get new appointments or prescriptions. Existing data stays, and the patient can be reactivated.")
        .answers::<PatientResource>("Deactivated, or already inactive")
        .says(on_patient)
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(DeactivatePatient {
                target: request.target(),
            })
        })
}
