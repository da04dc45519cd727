//! `POST /api/accounts/{id}/adjustments`

use api::{AccountResource, MoneyResource};
use commands::PostAdjustment;
use domain::{
    account::{Adjustment, AdjustmentKind},
    values::Reason,
};
use http_edge::Problem;
use platform::ambient::new_id;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    money,
    nouns::ACCOUNTS,
};

/// A reduction of what a patient owes, without a payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AdjustmentPosting {
    /// `write-off`: the charge was correct but will not be collected. `credit-note`: the charge was wrong and not part
    /// of an invoice. Invoices have their own credit notes.
    #[schema(example = "write-off")]
    kind: String,
    /// The amount before tax: greater than zero, at most 1,000,000,000,000 minor units.
    amount: MoneyResource,
    /// The tax on the amount, in the same currency. Default: no tax.
    tax: Option<MoneyResource>,
    /// The reason as free text, at most 500 characters.
    reason: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/adjustments")
        .summary("Write off or credit a part of what a patient owes.")
        .description("A write-off debits the write-off account with the full amount and reclaims no tax. A credit note debits revenue and tax. Both credit the patient's receivable.")
        .makes::<AccountResource>("Posted. The events are durable in the log")
        .refuses(404, "The patient has no account")
        .refuses(409, "The account is closed")
        .refuses(410, "The patient has been erased, and the request contains free text about them")
        .refuses(422, "A value is invalid, or the amount exceeds what is owed or was charged")
        .body(|body: AdjustmentPosting, request: &Given<'_, Uuid>| {
            Ok(PostAdjustment {
                target: request.target(),
                adjustment: parse(body)?,
            })
        })
}

fn parse(body: AdjustmentPosting) -> Result<Adjustment, Problem> {
    let mut fields = Fields::default();
    let kind = fields.check("/kind", AdjustmentKind::parse(&body.kind));
    let amount = money::taxed(&mut fields, &body.amount, body.tax.as_ref());
    let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
    let whole = kind.zip(amount).map(|(kind, amount)| Adjustment {
        adjustment_id: new_id(),
        kind,
        amount,
        invoice_id: None,
        reason,
    });
    fields.finish(whole)
}
