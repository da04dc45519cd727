//! `DELETE /api/practitioners/{id}/time-off/{timeOffId}`

use api::PractitionerResource;
use commands::RemoveTimeOff;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::PRACTITIONERS,
    practitioners::refusals::on_practitioner,
};

pub(in crate::http) fn route() -> Route {
    PRACTITIONERS
        .delete("/{id}/time-off/{timeOffId}")
        .summary("Remove a practitioner's time off.")
        .answers::<PractitionerResource>("Removed")
        .parameter("timeOffId", "The time off's id")
        .refuses(404, "The practitioner or the time off does not exist")
        .refuses(422, "The practitioner is inactive")
        .says(on_practitioner)
        .no_body(|_, request: &Given<'_, (Uuid, Uuid)>| {
            Ok(RemoveTimeOff {
                target: request.target(),
                time_off_id: request.path.1,
            })
        })
}
