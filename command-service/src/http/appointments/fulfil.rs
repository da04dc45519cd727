//! `POST /api/appointments/{id}/fulfilment`

use api::AppointmentResource;
use commands::FulfilAppointment;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::APPOINTMENTS,
};

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .post("/{id}/fulfilment")
        .summary("Record that the appointment took place.")
        .answers::<AppointmentResource>("Recorded, or already recorded")
        .refuses(409, "The patient has not arrived")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(FulfilAppointment {
                target: request.target(),
            })
        })
}
