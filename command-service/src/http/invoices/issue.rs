//! `POST /api/invoices/{id}/issue`

use api::InvoiceResource;
use commands::IssueInvoice;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::INVOICES,
};

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("/{id}/issue")
        .summary("Issue an invoice.")
        .description("Computes the tax once on the total and charges the patient's account atomically. An issued invoice is immutable; credit notes correct it. Issuing an issued invoice changes nothing.")
        .answers::<InvoiceResource>("Issued, or already issued")
        .refuses(409, "The status of the invoice or of the account does not allow this")
        .refuses(422, "The invoice has no lines, or its total is zero or too large")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(IssueInvoice {
                target: request.target(),
            })
        })
}
