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
        .summary("Complete a prescription: everything has been taken.")
        .answers::<PrescriptionResource>("Completed, or completed before")
        .refuses(409, "Its status does not allow this")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(CompletePrescription {
                target: request.target(),
            })
        })
}
