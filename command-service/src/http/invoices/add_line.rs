//! `POST /api/invoices/{id}/lines`

use api::InvoiceResource;
use commands::{AddInvoiceLine, CommandError, Refusal};
use domain::invoice::{InvoiceLine, InvoiceRefusal};
use http_edge::Problem;
use uuid::Uuid;

use super::line::{self, InvoiceLineDraft};
use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::INVOICES,
    problems::{ANOTHER_CURRENCY, at},
};

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("/{id}/lines")
        .summary("Add a line to a draft invoice.")
        .makes::<InvoiceResource>("Added. The events are durable in the log")
        .refuses(409, "The invoice has been issued or cancelled")
        .refuses(
            422,
            "A value is invalid, or the invoice has the maximum number of lines",
        )
        .says(problem)
        .body(|body: InvoiceLineDraft, request: &Given<'_, Uuid>| {
            Ok(AddInvoiceLine {
                target: request.target(),
                line: parse(&body)?,
            })
        })
}

fn parse(body: &InvoiceLineDraft) -> Result<InvoiceLine, Problem> {
    let mut fields = Fields::default();
    let line = line::parse(&mut fields, "", body);
    fields.finish(line)
}

fn problem(error: &CommandError) -> Option<Problem> {
    match error {
        CommandError::Refused(Refusal::Invoice(refusal @ InvoiceRefusal::AnotherCurrency)) => {
            Some(at(&ANOTHER_CURRENCY, "/unitPrice/currency", refusal.to_string()))
        }
        _ => None,
    }
}
