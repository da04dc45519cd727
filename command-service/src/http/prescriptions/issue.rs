//! `POST /api/prescriptions/{id}/issue`

use api::PrescriptionResource;
use commands::IssuePrescription;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::PRESCRIPTIONS,
};

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .post("/{id}/issue")
        .summary("Issue a draft prescription.")
        .answers::<PrescriptionResource>("Active, or already active")
        .refuses(409, "The prescription's status does not allow this")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(IssuePrescription {
                target: request.target(),
            })
        })
}
