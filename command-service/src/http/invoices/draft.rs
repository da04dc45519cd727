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
    /// Who is charged: a registered patient's id.
    patient_id: Uuid,
    /// The ISO 4217 currency of every line.
    #[schema(example = "USD")]
    currency: String,
    /// The appointment that it is for.
    appointment_id: Option<Uuid>,
    /// Its first lines, at most 200. More can be added until it is issued.
    #[serde(default)]
    lines: Vec<InvoiceLineDraft>,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("")
        .summary("Draft an invoice.")
        .description("Nothing is owed until it is issued; until then lines can be added.")
        .makes::<InvoiceResource>("Drafted: durable in the log")
        .refuses(422, "A value breaks a rule, or names a patient who is not registered")
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
