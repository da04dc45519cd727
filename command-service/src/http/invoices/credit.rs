//! `POST /api/invoices/{id}/credit-notes`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::values::Reason;
use journal::Context;
use platform::{
    ambient::new_id,
    http::{Path, Problem, ProblemBody},
};
use schemas::api::{InvoiceResource, MoneyResource};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{Commands, IssueCreditNote, Target},
    http::{ANONYMOUS, answer, fields::Fields, keyed::Keyed, money},
};

/// What is taken back of what an invoice charged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreditNoteIssue {
    /// How much, tax included: at most what was charged and has not been credited.
    amount: MoneyResource,
    /// Why, at most 500 characters.
    reason: Option<String>,
}

/// Issue a credit note.
///
/// It takes as much tax back as the amount's share of what was charged, on the invoice and on the account in one step.
#[utoipa::path(
    post,
    path = "/api/invoices/{id}/credit-notes",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The invoice's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = CreditNoteIssue,
    responses(
        (status = 201, description = "Issued: durable in the log", body = InvoiceResource,
         headers(("Location"), ("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such invoice", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The invoice is not issued", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The invoice is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule, or less was charged", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn credit(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<CreditNoteIssue>,
) -> Result<Response, Problem> {
    let command = parse(answer::target(id, &headers)?, body)?;
    let done = commands
        .issue_credit_note(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Billing))
}

fn parse(target: Target, body: CreditNoteIssue) -> Result<IssueCreditNote, Problem> {
    let mut fields = Fields::default();
    let amount = money::amount(&mut fields, "/amount", &body.amount);
    let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
    let whole = amount.map(|amount| IssueCreditNote {
        target,
        credit_note_id: new_id(),
        amount,
        reason,
    });
    fields.finish(whole)
}
