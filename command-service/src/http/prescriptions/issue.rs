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
        .summary("Issue a prescription that was drafted.")
        .answers::<PrescriptionResource>("Active, or active before")
        .refuses(409, "Its status does not allow this")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(IssuePrescription {
                target: request.target(),
            })
        })
}
