//! `POST /api/invoices/{id}/refunds`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{account::Refund, values::PaymentReference};
use journal::Context;
use platform::{
    ambient::new_id,
    http::{Path, Problem, ProblemBody},
};
use schemas::api::{MoneyResource, PaymentResource};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{Commands, RefundPayment},
    http::{ANONYMOUS, answer, fields::Fields, keyed, keyed::Keyed, money},
};

/// Money that is given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PaymentRefund {
    /// The payment that it is taken from: one that was received for this invoice.
    #[schema(example = "terminal-7/000123")]
    reference: String,
    /// How much: at most what is left of the payment, in its currency.
    amount: MoneyResource,
}

/// Give back a payment, or a part of it.
///
/// The refunds of a payment never come to more than was received. What the patient owes rises by as much; where they owe
/// less for good, a credit note says so.
#[utoipa::path(
    post,
    path = "/api/invoices/{id}/refunds",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The invoice's id"),
        ("Idempotency-Key" = String, Header, description = "Required. Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag of the invoice; stale ones are refused"),
    ),
    request_body = PaymentRefund,
    responses(
        (status = 201, description = "Refunded: durable in the log. The entity tag is the invoice's", body = PaymentResource,
         headers(("Location"), ("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request, or one without an Idempotency-Key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such invoice", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The payment's outcome is not known, or it has failed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The invoice is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule, the payment is not known, or less of it is left", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn refund(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<PaymentRefund>,
) -> Result<Response, Problem> {
    let key = keyed::required(key)?;
    let command = RefundPayment {
        target: answer::target(id, &headers)?,
        refund: parse(&body)?,
    };
    let done = commands
        .refund_payment(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Billing))
}

fn parse(body: &PaymentRefund) -> Result<Refund, Problem> {
    let mut fields = Fields::default();
    let reference = fields.check("/reference", PaymentReference::parse(&body.reference));
    let amount = money::amount(&mut fields, "/amount", &body.amount);
    let whole = reference.zip(amount).map(|(reference, amount)| Refund {
        refund_id: new_id(),
        reference,
        amount,
    });
    fields.finish(whole)
}
