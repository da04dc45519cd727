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
        .summary("Take back that a practitioner is away.")
        .answers::<PractitionerResource>("Taken back")
        .parameter("timeOffId", "The time off's id")
        .refuses(404, "No such practitioner, or no such time off")
        .refuses(422, "The practitioner is not active")
        .says(on_practitioner)
        .no_body(|_, request: &Given<'_, (Uuid, Uuid)>| {
            Ok(RemoveTimeOff {
                target: request.target(),
                time_off_id: request.path.1,
            })
        })
}
