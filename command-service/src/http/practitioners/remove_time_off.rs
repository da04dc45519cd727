//! `DELETE /api/practitioners/{id}/time-off/{timeOffId}`

use axum::{extract::State, http::HeaderMap, response::Response};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::PractitionerResource;
use uuid::Uuid;

use crate::{
    commands::{Commands, RemoveTimeOff},
    http::{
        ANONYMOUS, answer,
        keyed::{Keyed, KeyedIfAny, Nothing},
        problems::on_practitioner,
    },
};

/// Take back that a practitioner is away.
#[utoipa::path(
    delete,
    path = "/api/practitioners/{id}/time-off/{timeOffId}",
    tag = "practitioners",
    params(
        ("id" = Uuid, Path, description = "The practitioner's id"),
        ("timeOffId" = Uuid, Path, description = "The time off's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    responses(
        (status = 200, description = "Taken back", body = PractitionerResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such practitioner, or no such time off", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The practitioner is not active", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn remove_time_off(
    State(commands): State<Commands>,
    Path((id, time_off_id)): Path<(Uuid, Uuid)>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body: Nothing {}, key }): KeyedIfAny<Nothing>,
) -> Result<Response, Problem> {
    let command = RemoveTimeOff {
        target: answer::target(id, &headers)?,
        time_off_id,
    };
    let done = commands
        .remove_time_off(&command, &commands.caller(ANONYMOUS, key))
        .await
        .map_err(on_practitioner)?;
    Ok(answer::respond(done, Context::Scheduling))
}
