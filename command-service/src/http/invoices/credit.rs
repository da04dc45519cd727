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

/// What is taken back of what an invoice charged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreditNoteIssue {
    /// How much, tax included: at most what was charged and has not been credited.
    amount: MoneyResource,
    /// Why, at most 500 characters.
    reason: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("/{id}/credit-notes")
        .summary("Issue a credit note.")
        .description("It takes as much tax back as the amount's share of what was charged, on the invoice and on the account in one step.")
        .makes::<InvoiceResource>("Issued: durable in the log")
        .refuses(409, "The invoice is not issued")
        .refuses(422, "A value breaks a rule, or less was charged")
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
