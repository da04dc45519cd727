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

/// By how much less a patient owes, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AdjustmentPosting {
    /// `write-off`: it was rightly charged, and will not be collected. `credit-note`: it was wrongly charged, and not by
    /// an invoice, which has credit notes of its own.
    #[schema(example = "write-off")]
    kind: String,
    /// How much, before tax: more than nothing, at most 1,000,000,000,000 minor units.
    amount: MoneyResource,
    /// The tax on it, in the same currency. None without it.
    tax: Option<MoneyResource>,
    /// In words, at most 500 characters.
    reason: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/adjustments")
        .summary("Lower what a patient owes, without money.")
        .description("A write-off debits write-offs with all of it, and takes no tax back. A credit note debits revenue and tax. Both credit what the patient owes.")
        .makes::<AccountResource>("Posted: durable in the log")
        .refuses(404, "The patient has no account")
        .refuses(409, "The account is closed")
        .refuses(410, "The patient has been erased, and the request would keep a text about them")
        .refuses(422, "A value breaks a rule, or less is owed or was charged")
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
