//! `POST /api/invoices/{id}/payments`

use api::{MoneyResource, PaymentResource};
use commands::{PaymentCertainty, TakePayment, Target};
use domain::{
    account::{Allocations, Payment, PaymentMethod},
    values::{Invalid, PaymentReference},
};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    money,
    nouns::INVOICES,
};

/// A payment of an invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PaymentTaking {
    /// The amount: at most what is open.
    amount: MoneyResource,
    /// The method: `cash`, `card`, `bank-transfer`, `direct-debit`, `cheque` or `insurance`.
    #[schema(example = "card")]
    method: String,
    /// The payer's or the provider's reference, 1 to 255 characters. It is unique among the payments of the account.
    #[schema(example = "terminal-7/000123")]
    reference: String,
    /// `captured` (default): the money has been received. `initiated`: a payment attempt starts now, and its outcome
    /// will be reported later.
    #[schema(example = "captured")]
    status: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("/{id}/payments")
        .summary("Record a payment of an invoice.")
        .description("A captured payment is posted to the account and allocated to the invoice atomically. An initiated payment posts nothing; while it is pending, the account accepts no other payment. Report its outcome under `…/payments/{reference}/outcome`.")
        .makes::<PaymentResource>("Taken. The events are durable in the log. `ETag` is the invoice's version")
        .refuses(409, "The invoice has not been issued, another payment is pending, or another payment has this reference")
        .refuses(422, "A value is invalid, or the amount exceeds what is open")
        .needs_key()
        .body(|body: PaymentTaking, request: &Given<'_, Uuid>| parse(request.target(), &body))
}

fn parse(target: Target, body: &PaymentTaking) -> Result<TakePayment, Problem> {
    let mut fields = Fields::default();
    let amount = money::amount(&mut fields, "/amount", &body.amount);
    let method = fields.check("/method", PaymentMethod::parse(&body.method));
    let reference = fields.check("/reference", PaymentReference::parse(&body.reference));
    let certainty = fields.check("/status", certainty(body.status.as_deref()));
    let whole = amount
        .zip(method)
        .zip(reference)
        .zip(certainty)
        .map(|(((amount, method), reference), certainty)| TakePayment {
            payment: Payment {
                reference,
                invoice_id: Some(target.id),
                amount,
                method,
                towards: Allocations::default(),
            },
            target,
            certainty,
        });
    fields.finish(whole)
}

/// Parses the status of a payment. `captured` by default.
pub(in crate::http) fn certainty(status: Option<&str>) -> Result<PaymentCertainty, Invalid> {
    match status {
        None | Some("captured") => Ok(PaymentCertainty::Captured),
        Some("initiated") => Ok(PaymentCertainty::Initiated),
        Some(_) => Err(Invalid("must be one of captured, initiated")),
    }
}
