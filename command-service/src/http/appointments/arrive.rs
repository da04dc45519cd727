//! `POST /api/appointments/{id}/arrival`

use api::AppointmentResource;
use commands::RecordArrival;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::APPOINTMENTS,
};

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .post("/{id}/arrival")
        .summary("Record that the patient is there.")
        .answers::<AppointmentResource>("Recorded, or recorded before")
        .refuses(409, "It is not booked")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(RecordArrival {
                target: request.target(),
            })
        })
}
