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

/// A payment to an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountPaymentTaking {
    /// How much. What is left over once everything is paid is kept for the patient.
    amount: MoneyResource,
    /// How it is paid: `cash`, `card`, `bank-transfer`, `direct-debit`, `cheque` or `insurance`.
    #[schema(example = "cash")]
    method: String,
    /// What tells it from every other payment of the account: the payer's or the provider's reference, 1 to 255
    /// characters.
    #[schema(example = "till-2/000456")]
    reference: String,
    /// `captured`, which it is without being said, when the money is there; `initiated` when an attempt is about to be
    /// made whose outcome will be told.
    #[schema(example = "captured")]
    status: Option<String>,
    /// What it is for, at most 100 invoices and charges. Without it, the oldest debts are paid first.
    towards: Option<Vec<PaymentPart>>,
}

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .post("/{id}/payments")
        .summary("Take a payment to an account.")
        .description("It counts towards what it is said to be for, or towards what is owed, the oldest first: invoices, and charges that stand on none. What is left counts towards nothing, and can be moved or given back later. The account is opened if it is not there yet. An initiated payment is only noted, as on an invoice.")
        .makes::<PaymentResource>("Taken: durable in the log. The entity tag is the account's")
        .refuses(404, "No such patient")
        .refuses(409, "The account is closed, another payment is pending, or the reference is another payment's")
        .refuses(422, "A value breaks a rule, less is owed for what is named, or it was never charged")
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
