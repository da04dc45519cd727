//! `POST /api/accounts/{id}/charges`

use api::{AccountResource, MoneyResource};
use commands::PostCharge;
use domain::{account::Charge, values::TaxedAmount};
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
    patients::refusals::on_patient,
};

/// A charge that is not part of an invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChargePosting {
    /// The amount before tax: greater than zero, at most 1,000,000,000,000 minor units.
    amount: MoneyResource,
    /// The tax on the amount, in the same currency. Default: no tax.
    tax: Option<MoneyResource>,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/charges")
        .summary("Charge a patient without an invoice.")
        .description("Opens the account if it does not exist yet. The entry debits the patient's receivable and credits revenue and tax.")
        .makes::<AccountResource>("Charged. The events are durable in the log")
        .refuses(404, "No such patient")
        .refuses(409, "The account is closed")
        .says(on_patient)
        .body(|body: ChargePosting, request: &Given<'_, Uuid>| {
            Ok(PostCharge {
                target: request.target(),
                charge: Charge {
                    charge_id: new_id(),
                    invoice_id: None,
                    amount: parse(&body)?,
                },
            })
        })
}

fn parse(body: &ChargePosting) -> Result<TaxedAmount, Problem> {
    let mut fields = Fields::default();
    let whole = money::taxed(&mut fields, &body.amount, body.tax.as_ref());
    fields.finish(whole)
}
