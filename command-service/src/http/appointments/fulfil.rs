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
        .description("Possible once the appointment has begun, or up to `commands.early_fulfilment_minutes` before.")
        .answers::<AppointmentResource>("Recorded, or already recorded")
        .refuses(409, "The patient has not arrived, or the appointment has not begun")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(FulfilAppointment {
                target: request.target(),
            })
        })
}
