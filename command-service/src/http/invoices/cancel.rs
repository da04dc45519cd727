//! `DELETE /api/invoices/{id}`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::values::Reason;
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::InvoiceResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{CancelInvoice, Commands},
    http::{
        ANONYMOUS, answer,
        fields::Fields,
        keyed::{Keyed, KeyedIfAny},
    },
};

/// Why an invoice is withdrawn. It can be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvoiceCancellation {
    /// In words, at most 500 characters.
    reason: Option<String>,
}

/// Cancel an invoice: a draft, or an issued one of which nothing has been paid.
///
/// One that was issued is taken off the patient's account in the same step. Cancelling one that is cancelled changes
/// nothing.
#[utoipa::path(
    delete,
    path = "/api/invoices/{id}",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The invoice's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = InvoiceCancellation,
    responses(
        (status = 200, description = "Cancelled, or cancelled before", body = InvoiceResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such invoice", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Something of it has been paid", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The invoice is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn cancel(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body, key }): KeyedIfAny<InvoiceCancellation>,
) -> Result<Response, Problem> {
    let mut fields = Fields::default();
    let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
    let command = CancelInvoice {
        target: answer::target(id, &headers)?,
        reason: fields.finish(Some(reason))?,
    };
    let done = commands
        .cancel_invoice(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Billing))
}
