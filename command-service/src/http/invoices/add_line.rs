//! `POST /api/invoices/{id}/lines`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::invoice::{InvoiceLine, InvoiceRefusal};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::InvoiceResource;
use uuid::Uuid;

use super::line::{self, InvoiceLineDraft};
use crate::{
    commands::{AddInvoiceLine, CommandError, Commands, Refusal},
    http::{ANONYMOUS, answer, fields::Fields, keyed::Keyed, problems::ANOTHER_CURRENCY},
};

/// Add a line to an invoice that is being drafted.
#[utoipa::path(
    post,
    path = "/api/invoices/{id}/lines",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The invoice's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = InvoiceLineDraft,
    responses(
        (status = 201, description = "Added: durable in the log", body = InvoiceResource,
         headers(("Location"), ("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such invoice", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The invoice has been issued or cancelled", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The invoice is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule, or the invoice is full", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add_line(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<InvoiceLineDraft>,
) -> Result<Response, Problem> {
    let command = AddInvoiceLine {
        target: answer::target(id, &headers)?,
        line: parse(&body)?,
    };
    let done = commands
        .add_invoice_line(&command, &commands.caller(ANONYMOUS, key))
        .await
        .map_err(|error| match error {
            CommandError::Refused(refusal @ Refusal::Invoice(InvoiceRefusal::AnotherCurrency)) => {
                Problem::new(&ANOTHER_CURRENCY)
                    .detail(refusal.to_string())
                    .field("/unitPrice/currency", refusal.to_string())
            }
            error => error.into(),
        })?;
    Ok(answer::respond(done, Context::Billing))
}

fn parse(body: &InvoiceLineDraft) -> Result<InvoiceLine, Problem> {
    let mut fields = Fields::default();
    let line = line::parse(&mut fields, "", body);
    fields.finish(line)
}
