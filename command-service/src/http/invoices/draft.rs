//! `POST /api/invoices`

use api::InvoiceResource;
use commands::DraftInvoice;
use domain::{
    invoice::{Invoice, InvoiceDrafted},
    values::{Currency, Invalid},
};
use http_edge::Problem;
use platform::ambient::new_id;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::line::{self, InvoiceLineDraft};
use crate::http::{
    appointments,
    endpoint::{Given, Route},
    fields::Fields,
    nouns::INVOICES,
};

/// An invoice to draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct InvoiceDraft {
    /// The id of the registered patient who is charged.
    patient_id: Uuid,
    /// The currency of every line (ISO 4217).
    #[schema(example = "USD")]
    currency: String,
    /// The id of the invoiced appointment.
    appointment_id: Option<Uuid>,
    /// The first lines, at most 200. More can be added until the invoice is issued.
    #[serde(default)]
    lines: Vec<InvoiceLineDraft>,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("")
        .summary("Draft an invoice.")
        .description("A draft charges nothing. Lines can be added until the invoice is issued.")
        .makes::<InvoiceResource>("Drafted. The events are durable in the log")
        .refuses(422, "A value is invalid, or the patient or appointment is unknown")
        .says(appointments::refusals::naming_an_appointment)
        .body(|body: InvoiceDraft, _request: &Given<'_, ()>| parse(&body))
}

fn parse(body: &InvoiceDraft) -> Result<DraftInvoice, Problem> {
    let mut fields = Fields::default();
    let currency = fields.check("/currency", Currency::parse(&body.currency));
    if body.lines.len() > Invoice::MOST_LINES {
        let _: Option<()> = fields.check("/lines", Err(Invalid("must be at most 200")));
        return fields.finish(None);
    }
    let mut lines = Vec::with_capacity(body.lines.len());
    for (index, given) in body.lines.iter().enumerate() {
        let pointer = format!("/lines/{index}");
        let Some(line) = line::parse(&mut fields, &pointer, given) else {
            continue;
        };
        let other = currency.is_some_and(|currency| line.net().currency() != currency);
        let checked = (!other)
            .then_some(line)
            .ok_or(Invalid("must be the currency of the invoice"));
        lines.extend(fields.check(&format!("{pointer}/unitPrice/currency"), checked));
    }
    let whole = currency.map(|currency| DraftInvoice {
        id: new_id(),
        drafted: InvoiceDrafted {
            patient_id: body.patient_id,
            currency,
            appointment_id: body.appointment_id,
        },
        lines,
    });
    fields.finish(whole)
}
