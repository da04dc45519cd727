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

/// Money that is given back from an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountPaymentRefund {
    /// The payment that it is taken from: one that was received.
    #[schema(example = "till-2/000456")]
    reference: String,
    /// How much: at most what is left of the payment, in its currency.
    amount: MoneyResource,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/refunds")
        .summary("Give back a payment, or a part of it, whatever it was for.")
        .description("What counts towards nothing is given back first, then what has been paid too much, and then the rest, the latest first: that is owed again. The refunds of a payment never come to more than was received.")
        .makes::<PaymentResource>("Refunded: durable in the log. The entity tag is the account's")
        .refuses(404, "The patient has no account")
        .refuses(409, "The account is closed, the payment's outcome is not known, or it has failed")
        .refuses(422, "A value breaks a rule, the payment is not known, or less of it is left")
        .needs_key()
        .body(|body: AccountPaymentRefund, request: &Given<'_, Uuid>| {
            Ok(RefundAccountPayment {
                target: request.target(),
                refund: refund(None, &body.reference, &body.amount)?,
            })
        })
}
