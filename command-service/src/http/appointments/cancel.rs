//! `DELETE /api/appointments/{id}`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    appointment::Cancelled,
    values::{CancellationReason, Reason},
};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::AppointmentResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{CancelAppointment, Commands},
    http::{
        ANONYMOUS, answer,
        fields::Fields,
        keyed::{Keyed, KeyedIfAny},
    },
};

/// Why an appointment is cancelled. The body can be left out. A reason is never part of the address: addresses end up in
/// logs, and what is written here may be personal.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppointmentCancellation {
    /// A code of FHIR's `appointment-cancellation-reason`, such as `pat` (the patient) or `prov` (the practitioner);
    /// `other` when it is left out.
    #[schema(example = "pat")]
    reason_code: Option<String>,
    /// In words, at most 500 characters.
    #[schema(example = "Has a cold")]
    reason_text: Option<String>,
}

/// Cancel an appointment.
///
/// It is shown as `cancelled`, and the time that it took is free again. The reason goes into the body, which can be left
/// out.
#[utoipa::path(
    delete,
    path = "/api/appointments/{id}",
    tag = "appointments",
    params(
        ("id" = Uuid, Path, description = "The appointment's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = AppointmentCancellation,
    responses(
        (status = 200, description = "Cancelled, or cancelled before", body = AppointmentResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such appointment", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is neither booked nor arrived", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn cancel(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body, key }): KeyedIfAny<AppointmentCancellation>,
) -> Result<Response, Problem> {
    let command = CancelAppointment {
        target: answer::target(id, &headers)?,
        cancelled: parse(body)?,
    };
    let done = commands
        .cancel_appointment(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Scheduling))
}

fn parse(body: AppointmentCancellation) -> Result<Cancelled, Problem> {
    let mut fields = Fields::default();
    let reason_code = fields.optional("/reasonCode", body.reason_code, |code| CancellationReason::parse(&code));
    let reason_text = fields.optional("/reasonText", body.reason_text, |text| Reason::parse(&text));
    fields.finish(Some(Cancelled {
        reason_code: reason_code.unwrap_or(CancellationReason::Other),
        reason_text,
    }))
}
