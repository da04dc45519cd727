//! `DELETE /api/patients/{id}`

use axum::{extract::State, http::HeaderMap, response::Response};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::PatientResource;
use uuid::Uuid;

use crate::{
    commands::{Commands, DeactivatePatient},
    http::{
        ANONYMOUS, answer,
        keyed::{Keyed, KeyedIfAny, Nothing},
        problems::on_patient,
    },
};

/// Deactivate a patient.
///
/// Nothing new is begun for them. What is known of them stays, and they can be activated again.
#[utoipa::path(
    delete,
    path = "/api/patients/{id}",
    tag = "patients",
    params(
        ("id" = Uuid, Path, description = "The patient's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    responses(
        (status = 200, description = "Deactivated, or not active before", body = PatientResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such patient", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased", body = ProblemBody, content_type = "application/problem+json"),
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
    let command = DeactivatePatient {
        target: answer::target(id, &headers)?,
    };
    let done = commands
        .deactivate_patient(&command, &commands.caller(ANONYMOUS, key))
        .await
        .map_err(on_patient)?;
    Ok(answer::respond(done, Context::Patients))
}
