//! `POST /api/accounts/{id}/payments/{reference}/movements`

use api::{MoneyResource, PaymentResource};
use domain::{account::Movement, values::PaymentReference};
use http_edge::Problem;
use platform::ambient::new_id;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::item::OwedItem;
use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    invoices::reference,
    money,
    nouns::ACCOUNTS,
};
use commands::MovePayment;

/// Money of a payment that is to count towards something else.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PaymentMovement {
    /// What it has counted towards. Without it, it is money that counts towards nothing yet.
    from: Option<OwedItem>,
    /// What it is to count towards. Without it, it is kept for later.
    to: Option<OwedItem>,
    /// How much: at most what counts towards the one, and is owed for the other.
    amount: MoneyResource,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/payments/{reference}/movements")
        .summary("Count money of a payment towards something else.")
        .description("What it is moved from is owed again by as much, unless it was paid too much.")
        .makes::<PaymentResource>("Moved: durable in the log. The entity tag is the account's")
        .parameter("reference", "The payment's reference, percent-encoded")
        .refuses(404, "The patient has no account")
        .refuses(
            409,
            "The account is closed, the payment's outcome is not known, or it has failed",
        )
        .refuses(422, "A value breaks a rule, or there is less to move, or less is owed")
        .needs_key()
        .body(|body: PaymentMovement, request: &Given<'_, (Uuid, String)>| {
            Ok(MovePayment {
                target: request.target(),
                movement: parse(reference(request)?, &body)?,
            })
        })
}

fn parse(reference: PaymentReference, body: &PaymentMovement) -> Result<Movement, Problem> {
    let mut fields = Fields::default();
    let mut item = |pointer, item: Option<OwedItem>| match item {
        None => Some(None),
        Some(item) => fields.check(pointer, item.parse()).map(Some),
    };
    let (from, to) = (item("/from", body.from), item("/to", body.to));
    let amount = money::amount(&mut fields, "/amount", &body.amount);
    let whole = from.zip(to).zip(amount).map(|((from, to), amount)| Movement {
        movement_id: new_id(),
        reference,
        from,
        to,
        amount,
    });
    fields.finish(whole)
}
