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

/// The reason for cancelling an invoice. The body is optional.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvoiceCancellation {
    /// The reason as free text, at most 500 characters.
    reason: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .delete("/{id}")
        .summary("Cancel a draft invoice, or an issued one without payments.")
        .description("Cancelling an issued invoice reverses its charge on the patient's account atomically. Cancelling a cancelled invoice changes nothing.")
        .answers::<InvoiceResource>("Cancelled, or already cancelled")
        .refuses(409, "The invoice has payments, or it is already cancelled for another reason")
        .body_if_any(|body: InvoiceCancellation, request: &Given<'_, Uuid>| {
            let mut fields = Fields::default();
            let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
            Ok(CancelInvoice {
                target: request.target(),
                reason: fields.finish(Some(reason))?,
            })
        })
}
