//! `POST /api/prescriptions/{id}/refill-requests/{rid}/decision`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::values::{Invalid, Reason};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::PrescriptionResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{Commands, DecideRefill, RefillDecision},
    http::{ANONYMOUS, answer, fields::Fields, keyed::Keyed},
};

/// What is decided about a request for another filling.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefillVerdict {
    /// `approved` or `denied`.
    #[schema(example = "approved")]
    decision: String,
    /// Why it is denied, at most 500 characters.
    reason: Option<String>,
}

/// Approve or deny another filling of a prescription.
///
/// Deciding the same again changes nothing; a decision is not reversed.
#[utoipa::path(
    post,
    path = "/api/prescriptions/{id}/refill-requests/{rid}/decision",
    tag = "prescriptions",
    params(
        ("id" = Uuid, Path, description = "The prescription's id"),
        ("rid" = Uuid, Path, description = "The request's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = RefillVerdict,
    responses(
        (status = 200, description = "Decided, or decided so before", body = PrescriptionResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such prescription, or no such request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It has been decided otherwise, or the prescription's status does not allow this", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep something about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "It is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn decide_refill(
    State(commands): State<Commands>,
    Path((id, rid)): Path<(Uuid, Uuid)>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<RefillVerdict>,
) -> Result<Response, Problem> {
    let command = DecideRefill {
        target: answer::target(id, &headers)?,
        request_id: rid,
        decision: parse(body)?,
    };
    let done = commands
        .decide_refill(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Prescribing))
}

fn parse(body: RefillVerdict) -> Result<RefillDecision, Problem> {
    let mut fields = Fields::default();
    let denied = match body.decision.as_str() {
        "approved" => Ok(false),
        "denied" => Ok(true),
        _ => Err(Invalid("must be one of approved, denied")),
    };
    let denied = fields.check("/decision", denied);
    let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
    if denied == Some(false) && reason.is_some() {
        let _: Option<()> = fields.check("/reason", Err(Invalid("must be left out of an approval")));
    }
    let decision = denied.map(|denied| {
        if denied {
            RefillDecision::Deny(reason)
        } else {
            RefillDecision::Approve
        }
    });
    fields.finish(decision)
}
