//! `POST /api/appointments/{id}/reopening`

use axum::{extract::State, http::HeaderMap, response::Response};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::AppointmentResource;
use uuid::Uuid;

use crate::{
    commands::{Commands, ReopenAppointment},
    http::{
        ANONYMOUS, answer,
        keyed::{Keyed, KeyedIfAny, Nothing},
    },
};

/// Undo that an appointment was fulfilled or missed.
///
/// One that was fulfilled is `arrived` again. One that was missed is `booked` again and takes its time again, if that is
/// still free. It takes the role `admin` or `practitioner`.
#[utoipa::path(
    post,
    path = "/api/appointments/{id}/reopening",
    tag = "appointments",
    params(
        ("id" = Uuid, Path, description = "The appointment's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    responses(
        (status = 200, description = "Undone", body = AppointmentResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "No role of the caller may do this", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such appointment", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It was neither fulfilled nor missed, or its time has been taken since", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The Idempotency-Key was used for another request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reopen(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body: Nothing {}, key }): KeyedIfAny<Nothing>,
) -> Result<Response, Problem> {
    let caller = commands.caller(ANONYMOUS, key);
    let command = ReopenAppointment {
        target: answer::target(id, &headers)?,
        privilege: caller.scheduling_privilege()?,
    };
    let done = commands.reopen_appointment(&command, &caller).await?;
    Ok(answer::respond(done, Context::Scheduling))
}
