//! `POST /api/invoices/{id}/payments`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    account::{Payment, PaymentMethod},
    values::{Invalid, PaymentReference},
};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::{MoneyResource, PaymentResource};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{Commands, PaymentCertainty, TakePayment, Target},
    http::{ANONYMOUS, answer, fields::Fields, keyed, keyed::Keyed, money},
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

/// Take a payment towards an invoice.
///
/// A captured payment is entered on the account and counted towards the invoice in one step. An initiated one is only
/// noted: while its outcome is not known, no other payment to the account is taken. Tell its outcome under
/// `…/payments/{reference}/outcome`.
#[utoipa::path(
    post,
    path = "/api/invoices/{id}/payments",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The invoice's id"),
        ("Idempotency-Key" = String, Header, description = "Required. Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag of the invoice; stale ones are refused"),
    ),
    request_body = PaymentTaking,
    responses(
        (status = 201, description = "Taken: durable in the log. The entity tag is the invoice's", body = PaymentResource,
         headers(("Location"), ("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request, or one without an Idempotency-Key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such invoice", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The invoice is not issued, another payment is pending, or the reference is another payment's", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The invoice is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule, or less is open", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn pay(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<PaymentTaking>,
) -> Result<Response, Problem> {
    let key = keyed::required(key)?;
    let target = answer::target(id, &headers)?;
    let command = parse(target, &body)?;
    let done = commands
        .take_payment(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Billing))
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
                invoice_id: target.id,
                amount,
                method,
            },
            target,
            certainty,
        });
    fields.finish(whole)
}

fn certainty(status: Option<&str>) -> Result<PaymentCertainty, Invalid> {
    match status {
        None | Some("captured") => Ok(PaymentCertainty::Captured),
        Some("initiated") => Ok(PaymentCertainty::Initiated),
        Some(_) => Err(Invalid("must be one of captured, initiated")),
    }
}
