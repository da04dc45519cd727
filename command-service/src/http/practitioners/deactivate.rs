//! `DELETE /api/practitioners/{id}`

use axum::{extract::State, http::HeaderMap, response::Response};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::PractitionerResource;
use uuid::Uuid;

use crate::{
    commands::{Commands, DeactivatePractitioner},
    http::{
        ANONYMOUS, answer,
        keyed::{Keyed, KeyedIfAny, Nothing},
        problems::on_practitioner,
    },
};

/// Deactivate a practitioner, for good.
///
/// They see nobody new. What is booked stays booked until it is cancelled.
#[utoipa::path(
    delete,
    path = "/api/practitioners/{id}",
    tag = "practitioners",
    params(
        ("id" = Uuid, Path, description = "The practitioner's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    responses(
        (status = 200, description = "Deactivated, or not active before", body = PractitionerResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such practitioner", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The Idempotency-Key was used for another request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn deactivate(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body: Nothing {}, key }): KeyedIfAny<Nothing>,
) -> Result<Response, Problem> {
    let command = DeactivatePractitioner {
        target: answer::target(id, &headers)?,
    };
    let done = commands
        .deactivate_practitioner(&command, &commands.caller(ANONYMOUS, key))
        .await
        .map_err(on_practitioner)?;
    Ok(answer::respond(done, Context::Scheduling))
}
