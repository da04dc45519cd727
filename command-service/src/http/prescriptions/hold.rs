//! `POST /api/prescriptions/{id}/hold`

use axum::{extract::State, http::HeaderMap, response::Response};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::PrescriptionResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reason;
use crate::{
    commands::{Commands, HoldPrescription},
    http::{
        ANONYMOUS, answer,
        keyed::{Keyed, KeyedIfAny},
    },
};

/// Why a prescription is held. The body can be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PrescriptionHold {
    /// A code of FHIR's `medicationrequest-status-reason`, such as `salg` (an allergy) or `sddi` (an interaction).
    #[schema(example = "salg")]
    reason_code: Option<String>,
    /// In words, at most 500 characters.
    reason_text: Option<String>,
}

/// Hold a prescription: the patient does not take it for a while.
#[utoipa::path(
    post,
    path = "/api/prescriptions/{id}/hold",
    tag = "prescriptions",
    params(
        ("id" = Uuid, Path, description = "The prescription's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = PrescriptionHold,
    responses(
        (status = 200, description = "On hold, or on hold before", body = PrescriptionResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such prescription", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its status does not allow this", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn hold(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body, key }): KeyedIfAny<PrescriptionHold>,
) -> Result<Response, Problem> {
    let command = HoldPrescription {
        target: answer::target(id, &headers)?,
        reason: reason::parse(body.reason_code, body.reason_text)?,
    };
    let done = commands
        .hold_prescription(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Prescribing))
}
