//! `POST /api/invoices/{id}/payments/{reference}/outcome`

use api::PaymentResource;
use commands::{CommandError, PaymentOutcome, Refusal, SettlePayment};
use domain::{
    account::AccountRefusal,
    values::{Invalid, PaymentReference},
};
use http_edge::{
    Problem,
    problem::types::{INVALID_REQUEST, NOT_FOUND},
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::INVOICES,
};

/// The outcome of a payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentSettlement {
    /// `captured`: the money has been received. `failed`: no money will be received.
    #[schema(example = "captured")]
    status: String,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("/{id}/payments/{reference}/outcome")
        .summary("Report the outcome of a pending payment.")
        .description("A captured payment is posted to the account regardless of the invoice's current status, and allocated to the invoice up to the open amount. Reporting the same outcome again changes nothing.")
        .answers::<PaymentResource>("Settled, or already settled. `ETag` is the invoice's version")
        .parameter("reference", "The payment's reference, percent-encoded")
        .refuses(404, "The invoice does not exist, or it has no such payment")
        .refuses(409, "The payment was captured, and the request reports that it failed")
        .says(|error| unknown_payment(error, "The invoice has no payment with this reference."))
        .body(|body: PaymentSettlement, request: &Given<'_, (Uuid, String)>| {
            Ok(SettlePayment {
                target: request.target(),
                reference: reference(request)?,
                outcome: outcome(&body.status)?,
            })
        })
}

/// Parses the payment reference in the path.
pub(in crate::http) fn reference(request: &Given<'_, (Uuid, String)>) -> Result<PaymentReference, Problem> {
    let reference = PaymentReference::parse(&request.path.1);
    reference.map_err(|invalid| Problem::new(&INVALID_REQUEST).parameter("reference", invalid.0))
}

/// The outcome of a payment.
pub(in crate::http) fn outcome(status: &str) -> Result<PaymentOutcome, Problem> {
    let mut fields = Fields::default();
    let outcome = match status {
        "captured" => Ok(PaymentOutcome::Captured),
        "failed" => Ok(PaymentOutcome::Failed),
        _ => Err(Invalid("must be one of captured, failed")),
    };
    let outcome = fields.check("/status", outcome);
    fields.finish(outcome)
}

/// Maps an unknown payment in the path to 404.
pub(in crate::http) fn unknown_payment(error: &CommandError, text: &'static str) -> Option<Problem> {
    match error {
        CommandError::Refused(Refusal::Account(AccountRefusal::UnknownPayment)) => {
            Some(Problem::new(&NOT_FOUND).detail(text))
        }
        _ => None,
    }
}
