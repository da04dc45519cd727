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
        .summary("Record that the patient did not come.")
        .description("Possible after the start and the time of grace (`commands.no_show_grace_minutes`). The time that the appointment took is free again.")
        .answers::<AppointmentResource>("Recorded, or recorded before")
        .refuses(409, "It is not booked, or the patient may still come")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(RecordNoShow {
                target: request.target(),
            })
        })
}
