//! `POST /api/prescriptions/{id}/resume`

use api::PrescriptionResource;
use commands::ResumePrescription;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::PRESCRIPTIONS,
};

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .post("/{id}/resume")
        .summary("Resume a prescription on hold.")
        .answers::<PrescriptionResource>("Active, or already active")
        .refuses(409, "The prescription's status does not allow this")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(ResumePrescription {
                target: request.target(),
            })
        })
}
