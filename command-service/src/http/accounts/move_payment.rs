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

/// A change of the allocation of a payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PaymentMovement {
    /// The debt that the money was allocated to. Default: the unallocated part of the payment.
    from: Option<OwedItem>,
    /// The debt to allocate the money to. Default: the money becomes unallocated.
    to: Option<OwedItem>,
    /// The amount: at most what is allocated to `from`, and at most what is owed for `to`.
    amount: MoneyResource,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/payments/{reference}/movements")
        .summary("Reallocate money of a payment.")
        .description("The amount is owed again for `from`, except for any overpayment.")
        .makes::<PaymentResource>("Moved. The events are durable in the log. `ETag` is the account's version")
        .parameter("reference", "The payment's reference, percent-encoded")
        .refuses(404, "The patient has no account")
        .refuses(409, "The account is closed, or the payment is pending or has failed")
        .refuses(
            422,
            "A value is invalid, or the amount exceeds what is allocated or owed",
        )
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
