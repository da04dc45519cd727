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
        .summary("Deactivate a practitioner, for good.")
        .description("They see nobody new. What is booked stays booked until it is cancelled.")
        .answers::<PractitionerResource>("Deactivated, or not active before")
        .says(on_practitioner)
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(DeactivatePractitioner {
                target: request.target(),
            })
        })
}
