//! `POST /api/prescriptions/{id}/issue`

use axum::{extract::State, http::HeaderMap, response::Response};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::PrescriptionResource;
use uuid::Uuid;

use crate::{
    commands::{Commands, IssuePrescription},
    http::{
        ANONYMOUS, answer,
        keyed::{Keyed, KeyedIfAny, Nothing},
    },
};

/// Issue a prescription that was drafted.
#[utoipa::path(
    post,
    path = "/api/prescriptions/{id}/issue",
    tag = "prescriptions",
    params(
        ("id" = Uuid, Path, description = "The prescription's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    responses(
        (status = 200, description = "Active, or active before", body = PrescriptionResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such prescription", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its status does not allow this", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn issue(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body: Nothing {}, key }): KeyedIfAny<Nothing>,
) -> Result<Response, Problem> {
    let command = IssuePrescription {
        target: answer::target(id, &headers)?,
    };
    let done = commands
        .issue_prescription(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Prescribing))
}
