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
    problems,
};

/// What became of a payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentSettlement {
    /// `captured` when the money is there, `failed` when there is none, for certain.
    #[schema(example = "captured")]
    status: String,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("/{id}/payments/{reference}/outcome")
        .summary("Tell what became of a payment whose outcome was open.")
        .description("Money that has come in is entered on the account whatever became of the invoice meanwhile; of it, what is still open is counted towards the invoice. Telling the same again changes nothing.")
        .answers::<PaymentResource>("Settled, or settled before. The entity tag is the invoice's")
        .parameter("reference", "The payment's reference, percent-encoded")
        .refuses(404, "No such invoice, or no such payment for it")
        .refuses(409, "The payment has been received, and is said to have failed")
        .says(|error| unknown_payment(error, "The invoice has no payment of this reference."))
        .body(|body: PaymentSettlement, request: &Given<'_, (Uuid, String)>| {
            Ok(SettlePayment {
                target: request.target(),
                reference: reference(request)?,
                outcome: outcome(&body.status)?,
            })
        })
}

/// The payment that the address names.
pub(in crate::http) fn reference(request: &Given<'_, (Uuid, String)>) -> Result<PaymentReference, Problem> {
    let reference = PaymentReference::parse(&request.path.1);
    reference.map_err(|invalid| Problem::new(&INVALID_REQUEST).parameter("reference", invalid.0))
}

/// What became of a payment.
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

/// A payment that the address names, and that there is not.
pub(in crate::http) fn unknown_payment(error: CommandError, text: &'static str) -> Problem {
    match error {
        CommandError::Refused(Refusal::Account(AccountRefusal::UnknownPayment)) => {
            Problem::new(&NOT_FOUND).detail(text)
        }
        error => problems::of(error),
    }
}
