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
        .summary("Erase a patient, for good.")
        .description("What is known of them, and every text about them, cannot be read any more by anybody: not in the read models, and not in the log, where it is sealed under a key that is destroyed before the answer is given. Their e-mail address is free again.")
        .answers::<ErasedPatientResource>("Erased")
        .says(on_patient)
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(ErasePatient {
                target: request.target(),
            })
        })
}
