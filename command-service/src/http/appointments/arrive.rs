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
        .summary("Record that the patient has arrived.")
        .description("Possible from some hours before the start (`commands.early_arrival_minutes`).")
        .answers::<AppointmentResource>("Recorded, or already recorded")
        .refuses(409, "The appointment is not booked, or it is too early")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(RecordArrival {
                target: request.target(),
            })
        })
}
