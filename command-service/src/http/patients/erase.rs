//! `POST /api/patients/{id}/erasure`

use api::ErasedPatientResource;
use commands::ErasePatient;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::PATIENTS,
    patients::refusals::on_patient,
};

pub(in crate::http) fn route() -> Route {
    PATIENTS
        .post("/{id}/erasure")
        .summary("Erase a patient permanently.")
        .description("Makes the patient's data and all texts about them permanently unreadable. Read models blank them. In the log they are encrypted with the patient's key, which is destroyed before the response is sent. The e-mail address becomes available again.")
        .answers::<ErasedPatientResource>("Erased")
        .says(on_patient)
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(ErasePatient {
                target: request.target(),
            })
        })
}
