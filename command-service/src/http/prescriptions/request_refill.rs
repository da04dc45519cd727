//! `POST /api/prescriptions/{id}/refill-requests`

use api::PrescriptionResource;
use commands::RequestRefill;
use platform::ambient::new_id;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::PRESCRIPTIONS,
};

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .post("/{id}/refill-requests")
        .summary("Ask for another filling of a prescription.")
        .description(
            "The request is the last of `refillRequests` in the answer. No more are taken than refills remain.",
        )
        .answers::<PrescriptionResource>("Asked: durable in the log")
        .refuses(409, "It is not active, or no refills remain")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(RequestRefill {
                target: request.target(),
                request_id: new_id(),
            })
        })
}
