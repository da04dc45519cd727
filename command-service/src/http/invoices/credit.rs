//! `POST /api/invoices/{id}/credit-notes`

use api::{InvoiceResource, MoneyResource};
use commands::{IssueCreditNote, Target};
use domain::values::Reason;
use http_edge::Problem;
use platform::ambient::new_id;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    money,
    nouns::INVOICES,
};

/// A credit note on an invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreditNoteIssue {
    /// The amount including tax: at most what was charged and not yet credited.
    amount: MoneyResource,
    /// The reason as free text, at most 500 characters.
    reason: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("/{id}/credit-notes")
        .summary("Issue a credit note.")
        .description("Credits tax in proportion to the amount's share of the charge. Updates the invoice and the account atomically.")
        .makes::<InvoiceResource>("Issued. The events are durable in the log")
        .refuses(409, "The invoice has not been issued")
        .refuses(422, "A value is invalid, or the amount exceeds what was charged")
        .body(|body: CreditNoteIssue, request: &Given<'_, Uuid>| parse(request.target(), body))
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
