//! `DELETE /api/practitioners/{id}`

use api::PractitionerResource;
use commands::DeactivatePractitioner;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::PRACTITIONERS,
    practitioners::refusals::on_practitioner,
};

pub(in crate::http) fn route() -> Route {
    PRACTITIONERS
        .delete("/{id}")
        .summary("Deactivate a practitioner permanently.")
        .description("An inactive practitioner cannot be booked. Existing bookings stay until they are cancelled.")
        .answers::<PractitionerResource>("Deactivated, or already inactive")
        .says(on_practitioner)
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(DeactivatePractitioner {
                target: request.target(),
            })
        })
}
