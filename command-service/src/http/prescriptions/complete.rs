//! `POST /api/prescriptions/{id}/completion`

use axum::{extract::State, http::HeaderMap, response::Response};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::PrescriptionResource;
use uuid::Uuid;

use crate::{
    commands::{Commands, CompletePrescription},
    http::{
        ANONYMOUS, answer,
        keyed::{Keyed, KeyedIfAny, Nothing},
    },
};

/// Complete a prescription: everything has been taken.
#[utoipa::path(
    post,
    path = "/api/prescriptions/{id}/completion",
    tag = "prescriptions",
    params(
        ("id" = Uuid, Path, description = "The prescription's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    responses(
        (status = 200, description = "Completed, or completed before", body = PrescriptionResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such prescription", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its status does not allow this", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn complete(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body: Nothing {}, key }): KeyedIfAny<Nothing>,
) -> Result<Response, Problem> {
    let command = CompletePrescription {
        target: answer::target(id, &headers)?,
    };
    let done = commands
        .complete_prescription(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Prescribing))
}
