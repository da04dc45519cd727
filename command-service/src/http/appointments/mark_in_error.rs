//! `POST /api/appointments/{id}/entered-in-error`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::values::Reason;
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::AppointmentResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{Commands, MarkAppointmentInError},
    http::{
        ANONYMOUS, answer,
        fields::Fields,
        keyed::{Keyed, KeyedIfAny},
    },
};

/// Why an appointment should never have been recorded. The body can be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppointmentError {
    /// In words, at most 500 characters.
    #[schema(example = "Recorded for another patient")]
    reason: Option<String>,
}

/// Mark an appointment as one that should never have been recorded.
///
/// It stays in the log and is shown as `entered-in-error`; the time that it took is free again. It cannot be undone.
#[utoipa::path(
    post,
    path = "/api/appointments/{id}/entered-in-error",
    tag = "appointments",
    params(
        ("id" = Uuid, Path, description = "The appointment's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = AppointmentError,
    responses(
        (status = 200, description = "Marked, or marked before", body = AppointmentResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such appointment", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn mark_in_error(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body, key }): KeyedIfAny<AppointmentError>,
) -> Result<Response, Problem> {
    let mut fields = Fields::default();
    let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
    let command = MarkAppointmentInError {
        target: answer::target(id, &headers)?,
        reason: fields.finish(Some(reason))?,
    };
    let done = commands
        .mark_appointment_in_error(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Scheduling))
}
