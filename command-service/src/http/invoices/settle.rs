//! `POST /api/invoices/{id}/payments/{reference}/outcome`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    account::AccountRefusal,
    values::{Invalid, PaymentReference},
};
use journal::Context;
use platform::http::{
    Path, Problem, ProblemBody,
    problem::types::{INVALID_REQUEST, NOT_FOUND},
};
use schemas::api::PaymentResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{CommandError, Commands, PaymentOutcome, Refusal, SettlePayment},
    http::{ANONYMOUS, answer, fields::Fields, keyed::Keyed},
};

/// What became of a payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentSettlement {
    /// `captured` when the money is there, `failed` when there is none, for certain.
    #[schema(example = "captured")]
    status: String,
}

/// Tell what became of a payment whose outcome was open.
///
/// Money that has come in is entered on the account whatever became of the invoice meanwhile; of it, what is still open
/// is counted towards the invoice. Telling the same again changes nothing.
#[utoipa::path(
    post,
    path = "/api/invoices/{id}/payments/{reference}/outcome",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The invoice's id"),
        ("reference" = String, Path, description = "The payment's reference, percent-encoded"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag of the invoice; stale ones are refused"),
    ),
    request_body = PaymentSettlement,
    responses(
        (status = 200, description = "Settled, or settled before. The entity tag is the invoice's", body = PaymentResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such invoice, or no such payment for it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The payment has been received, and is said to have failed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The invoice is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn settle(
    State(commands): State<Commands>,
    Path((id, reference)): Path<(Uuid, String)>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<PaymentSettlement>,
) -> Result<Response, Problem> {
    let reference = PaymentReference::parse(&reference)
        .map_err(|invalid| Problem::new(&INVALID_REQUEST).parameter("reference", invalid.0))?;
    let command = SettlePayment {
        target: answer::target(id, &headers)?,
        reference,
        outcome: parse(&body)?,
    };
    let done = commands
        .settle_payment(&command, &commands.caller(ANONYMOUS, key))
        .await
        .map_err(|error| match error {
            CommandError::Refused(Refusal::Account(AccountRefusal::UnknownPayment)) => {
                Problem::new(&NOT_FOUND).detail("The invoice has no payment of this reference.")
            }
            error => error.into(),
        })?;
    Ok(answer::respond(done, Context::Billing))
}

fn parse(body: &PaymentSettlement) -> Result<PaymentOutcome, Problem> {
    let mut fields = Fields::default();
    let outcome = match body.status.as_str() {
        "captured" => Ok(PaymentOutcome::Captured),
        "failed" => Ok(PaymentOutcome::Failed),
        _ => Err(Invalid("must be one of captured, failed")),
    };
    let outcome = fields.check("/status", outcome);
    fields.finish(outcome)
}
