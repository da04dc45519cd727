//! `POST /api/appointments/{id}/fulfilment`

use axum::{extract::State, http::HeaderMap, response::Response};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::AppointmentResource;
use uuid::Uuid;

use crate::{
    commands::{Commands, FulfilAppointment},
    http::{
        ANONYMOUS, answer,
        keyed::{Keyed, KeyedIfAny, Nothing},
    },
};

/// Record that the patient has been seen.
#[utoipa::path(
    post,
    path = "/api/appointments/{id}/fulfilment",
    tag = "appointments",
    params(
        ("id" = Uuid, Path, description = "The appointment's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    responses(
        (status = 200, description = "Recorded, or recorded before", body = AppointmentResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such appointment", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The patient has not arrived", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The Idempotency-Key was used for another request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn fulfil(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body: Nothing {}, key }): KeyedIfAny<Nothing>,
) -> Result<Response, Problem> {
    let command = FulfilAppointment {
        target: answer::target(id, &headers)?,
    };
    let done = commands
        .fulfil_appointment(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Scheduling))
}
