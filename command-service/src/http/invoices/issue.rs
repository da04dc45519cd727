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
        .description("Its tax is computed once, on the whole, and the patient's account is charged in the same step. From then on it does not change: what was wrong is put right by credit notes. Issuing one that is issued changes nothing.")
        .answers::<InvoiceResource>("Issued, or issued before")
        .refuses(409, "The invoice or the account does not allow it")
        .refuses(422, "There is nothing on the invoice, or too much")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(IssueInvoice {
                target: request.target(),
            })
        })
}
