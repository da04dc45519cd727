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

/// A payment towards an invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PaymentTaking {
    /// How much: at most what is open.
    amount: MoneyResource,
    /// How it is paid: `cash`, `card`, `bank-transfer`, `direct-debit`, `cheque` or `insurance`.
    #[schema(example = "card")]
    method: String,
    /// What tells it from every other payment of the account: the payer's or the provider's reference, 1 to 255
    /// characters.
    #[schema(example = "terminal-7/000123")]
    reference: String,
    /// `captured`, which it is without being said, when the money is there; `initiated` when an attempt is about to be
    /// made whose outcome will be told.
    #[schema(example = "captured")]
    status: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    INVOICES
        .post("/{id}/payments")
        .summary("Take a payment towards an invoice.")
        .description("A captured payment is entered on the account and counted towards the invoice in one step. An initiated one is only noted: while its outcome is not known, no other payment to the account is taken. Tell its outcome under `…/payments/{reference}/outcome`.")
        .makes::<PaymentResource>("Taken: durable in the log. The entity tag is the invoice's")
        .refuses(409, "The invoice is not issued, another payment is pending, or the reference is another payment's")
        .refuses(422, "A value breaks a rule, or less is open")
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

/// Whether the money is there.
pub(in crate::http) fn certainty(status: Option<&str>) -> Result<PaymentCertainty, Invalid> {
    match status {
        None | Some("captured") => Ok(PaymentCertainty::Captured),
        Some("initiated") => Ok(PaymentCertainty::Initiated),
        Some(_) => Err(Invalid("must be one of captured, initiated")),
    }
}
