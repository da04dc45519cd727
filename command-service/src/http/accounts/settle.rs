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

/// The outcome of a payment into an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountPaymentSettlement {
    /// `captured`: the money has been received. `failed`: no money will be received.
    #[schema(example = "captured")]
    status: String,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/payments/{reference}/outcome")
        .summary("Report the outcome of a pending payment into an account.")
        .description("A captured payment is allocated to its intended debts as far as they are still owed; the rest stays unallocated. Reporting the same outcome again changes nothing.")
        .answers::<PaymentResource>("Settled, or already settled. `ETag` is the account's version")
        .parameter("reference", "The payment's reference, percent-encoded")
        .refuses(404, "The patient has no account, or the account has no such payment")
        .refuses(409, "The payment was captured, and the request reports that it failed")
        .says(|error| unknown_payment(error, "The account has no payment with this reference."))
        .body(|body: AccountPaymentSettlement, request: &Given<'_, (Uuid, String)>| {
            Ok(SettleAccountPayment {
                target: request.target(),
                reference: reference(request)?,
                outcome: outcome(&body.status)?,
            })
        })
}
