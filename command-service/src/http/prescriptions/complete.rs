//! `POST /api/prescriptions/{id}/completion`

use api::PrescriptionResource;
use commands::CompletePrescription;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::PRESCRIPTIONS,
};

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .post("/{id}/completion")
        .summary("Complete a prescription after all medicines have been taken.")
        .answers::<PrescriptionResource>("Completed, or already completed")
        .refuses(409, "The prescription's status does not allow this")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(CompletePrescription {
                target: request.target(),
            })
        })
}
