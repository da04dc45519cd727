//! `POST /api/prescriptions/{id}/refill-requests`

use axum::{extract::State, http::HeaderMap, response::Response};
use journal::Context;
use platform::{
    ambient::new_id,
    http::{Path, Problem, ProblemBody},
};
use schemas::api::PrescriptionResource;
use uuid::Uuid;

use crate::{
    commands::{Commands, RequestRefill},
    http::{
        ANONYMOUS, answer,
        keyed::{Keyed, KeyedIfAny, Nothing},
    },
};

/// Ask for another filling of a prescription.
///
/// The request is the last of `refillRequests` in the answer. No more are taken than refills remain.
#[utoipa::path(
    post,
    path = "/api/prescriptions/{id}/refill-requests",
    tag = "prescriptions",
    params(
        ("id" = Uuid, Path, description = "The prescription's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    responses(
        (status = 200, description = "Asked: durable in the log", body = PrescriptionResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such prescription", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is not active, or no refills remain", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn request_refill(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body: Nothing {}, key }): KeyedIfAny<Nothing>,
) -> Result<Response, Problem> {
    let command = RequestRefill {
        target: answer::target(id, &headers)?,
        request_id: new_id(),
    };
    let done = commands
        .request_refill(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Prescribing))
}
