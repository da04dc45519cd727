//! `POST /api/accounts/{id}/refunds`

use api::{MoneyResource, PaymentResource};
use commands::RefundAccountPayment;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    invoices::refund,
    nouns::ACCOUNTS,
};

/// A refund of a payment into an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountPaymentRefund {
    /// The reference of a captured payment.
    #[schema(example = "till-2/000456")]
    reference: String,
    /// The amount: at most what has not been refunded yet, in the payment's currency.
    amount: MoneyResource,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/refunds")
        .summary("Refund all or part of a payment, regardless of its allocation.")
        .description("Takes the unallocated part first, then overpayments, then allocations, latest first. Money taken from an allocation is owed again. The refunds of a payment never exceed the amount received.")
        .makes::<PaymentResource>("Refunded. The events are durable in the log. `ETag` is the account's version")
        .refuses(404, "The patient has no account")
        .refuses(409, "The account is closed, or the payment is pending or has failed")
        .refuses(422, "A value is invalid, the payment is unknown, or the amount exceeds what is left of it")
        .needs_key()
        .body(|body: AccountPaymentRefund, request: &Given<'_, Uuid>| {
            Ok(RefundAccountPayment {
                target: request.target(),
                refund: refund(None, &body.reference, &body.amount)?,
            })
        })
}
