//! `POST /api/accounts/{id}/payments`

use api::{MoneyResource, PaymentResource};
use domain::{
    account::{Payment, PaymentMethod},
    values::{Invalid, PaymentReference},
};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::item::PaymentPart;
use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    invoices::certainty,
    money,
    nouns::ACCOUNTS,
    patients::refusals::on_patient,
};
use commands::{TakeAccountPayment, Target};

/// A payment into an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountPaymentTaking {
    /// The amount. Any excess over what is owed stays on the account, unallocated.
    amount: MoneyResource,
    /// The method: `cash`, `card`, `bank-transfer`, `direct-debit`, `cheque` or `insurance`.
    #[schema(example = "cash")]
    method: String,
    /// The payer's or the provider's reference, 1 to 255 characters. It is unique among the payments of the account.
    #[schema(example = "till-2/000456")]
    reference: String,
    /// `captured` (default): the money has been received. `initiated`: a payment attempt starts now, and its outcome
    /// will be reported later.
    #[schema(example = "captured")]
    status: Option<String>,
    /// The allocation to at most 100 invoices and charges. Default: the oldest debts are paid first.
    towards: Option<Vec<PaymentPart>>,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/payments")
        .summary("Record a payment into an account.")
        .description("Allocates the payment as `towards` says, or to the oldest invoices and charges first. Any excess stays unallocated and can be reallocated or refunded later. Opens the account if it does not exist yet. An initiated payment posts nothing until its outcome is reported.")
        .makes::<PaymentResource>("Taken. The events are durable in the log. `ETag` is the account's version")
        .refuses(404, "No such patient")
        .refuses(409, "The account is closed, another payment is pending, or another payment has this reference")
        .refuses(422, "A value is invalid, an allocation exceeds what is owed, or the item was never charged")
        .needs_key()
        .says(on_patient)
        .body(|body: AccountPaymentTaking, request: &Given<'_, Uuid>| parse(request.target(), &body))
}

fn parse(target: Target, body: &AccountPaymentTaking) -> Result<TakeAccountPayment, Problem> {
    let mut fields = Fields::default();
    let amount = money::amount(&mut fields, "/amount", &body.amount);
    let method = fields.check("/method", PaymentMethod::parse(&body.method));
    let reference = fields.check("/reference", PaymentReference::parse(&body.reference));
    let certainty = fields.check("/status", certainty(body.status.as_deref()));
    let named = body.towards.as_deref().unwrap_or_default();
    let most = fields.check(
        "/towards",
        if named.len() > Payment::MOST_ALLOCATIONS {
            Err(Invalid("must be at most 100"))
        } else {
            Ok(Payment::MOST_ALLOCATIONS)
        },
    );
    let parts = named.iter().take(most.unwrap_or_default()).enumerate();
    let parts: Vec<_> = parts
        .filter_map(|(index, part)| part.parse(&mut fields, &format!("/towards/{index}")))
        .collect();
    let whole = amount.zip(method).zip(reference).zip(certainty);
    let whole = whole.map(|(((amount, method), reference), certainty)| TakeAccountPayment {
        target,
        payment: Payment {
            reference,
            invoice_id: None,
            amount,
            method,
            towards: parts.into(),
        },
        certainty,
    });
    fields.finish(whole)
}
