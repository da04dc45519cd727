//! `DELETE /api/invoices/{id}`

use api::InvoiceResource;
use commands::CancelInvoice;
use domain::values::Reason;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::INVOICES,
};

/// Why an invoice is withdrawn. It can be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvoiceCancellation {
    /// In words, at most 500 characters.
    reason: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .delete("/{id}")
        .summary("Cancel an invoice: a draft, or an issued one of which nothing has been paid.")
        .description("One that was issued is taken off the patient's account in the same step. Cancelling one that is cancelled changes nothing.")
        .answers::<InvoiceResource>("Cancelled, or cancelled before")
        .refuses(409, "Something of it has been paid")
        .body_if_any(|body: InvoiceCancellation, request: &Given<'_, Uuid>| {
            let mut fields = Fields::default();
            let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
            Ok(CancelInvoice {
                target: request.target(),
                reason: fields.finish(Some(reason))?,
            })
        })
}
