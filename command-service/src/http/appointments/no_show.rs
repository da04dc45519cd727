//! `POST /api/appointments/{id}/no-show`

use api::AppointmentResource;
use commands::RecordNoShow;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::APPOINTMENTS,
};

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .post("/{id}/no-show")
        .summary("Record that the patient did not attend.")
        .description("Allowed once the grace period after the start has passed (`commands.no_show_grace_minutes`). Releases the time.")
        .answers::<AppointmentResource>("Recorded, or already recorded")
        .refuses(409, "The appointment is not booked, or the grace period has not passed")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(RecordNoShow {
                target: request.target(),
            })
        })
}
