//! `POST /api/accounts/{id}/payments/{reference}/outcome`

use api::PaymentResource;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    invoices::{outcome, reference, unknown_payment},
    nouns::ACCOUNTS,
};
use commands::SettleAccountPayment;

/// What became of a payment to an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountPaymentSettlement {
    /// `captured` when the money is there, `failed` when there is none, for certain.
    #[schema(example = "captured")]
    status: String,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/payments/{reference}/outcome")
        .summary("Tell what became of a payment to an account whose outcome was open.")
        .description("Money that has come in counts towards as much of what it was meant for as is still owed; the rest is kept for the patient. Telling the same again changes nothing.")
        .answers::<PaymentResource>("Settled, or settled before. The entity tag is the account's")
        .parameter("reference", "The payment's reference, percent-encoded")
        .refuses(404, "The patient has no account, or no such payment was made to it")
        .refuses(409, "The payment has been received, and is said to have failed")
        .says(|error| unknown_payment(error, "No payment of this reference was made to the account."))
        .body(|body: AccountPaymentSettlement, request: &Given<'_, (Uuid, String)>| {
            Ok(SettleAccountPayment {
                target: request.target(),
                reference: reference(request)?,
                outcome: outcome(&body.status)?,
            })
        })
}
