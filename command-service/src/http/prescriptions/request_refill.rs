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
        .summary("Request a refill of a prescription.")
        .description(
            "The new request is the last element of `refillRequests`. Open requests cannot exceed the remaining refills.",
        )
        .answers::<PrescriptionResource>("Requested. The events are durable in the log")
        .refuses(409, "The prescription is not active, or no refills remain")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(RequestRefill {
                target: request.target(),
                request_id: new_id(),
            })
        })
}
