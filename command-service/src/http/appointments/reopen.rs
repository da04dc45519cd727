//! `POST /api/appointments/{id}/reopening`

use api::AppointmentResource;
use commands::ReopenAppointment;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::APPOINTMENTS,
    refusals,
};

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .post("/{id}/reopening")
        .summary("Reopen a fulfilled or missed appointment.")
        .description("A fulfilled appointment becomes `arrived`. A missed one becomes `booked` and reserves its time again, if that is still free. Requires the role `admin` or `practitioner`.")
        .answers::<AppointmentResource>("Reopened")
        .refuses(403, "The caller has no role that may do this")
        .refuses(409, "The appointment is neither fulfilled nor missed, or its time is no longer free")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(ReopenAppointment {
                target: request.target(),
                privilege: request.caller.scheduling_privilege().map_err(refusals::of)?,
            })
        })
}
