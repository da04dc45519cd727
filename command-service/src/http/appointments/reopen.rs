//! `POST /api/appointments/{id}/reopening`

use api::AppointmentResource;
use commands::ReopenAppointment;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::APPOINTMENTS,
    problems,
};

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .post("/{id}/reopening")
        .summary("Undo that an appointment was fulfilled or missed.")
        .description("One that was fulfilled is `arrived` again. One that was missed is `booked` again and takes its time again, if that is still free. It takes the role `admin` or `practitioner`.")
        .answers::<AppointmentResource>("Undone")
        .refuses(403, "No role of the caller may do this")
        .refuses(409, "It was neither fulfilled nor missed, or its time has been taken since")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(ReopenAppointment {
                target: request.target(),
                privilege: request.caller.scheduling_privilege().map_err(problems::of)?,
            })
        })
}
