//! `POST /api/accounts/{id}/charges`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{account::Charge, values::TaxedAmount};
use journal::Context;
use platform::{
    ambient::new_id,
    http::{Path, Problem, ProblemBody},
};
use schemas::api::{AccountResource, MoneyResource};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    commands::{Commands, PostCharge},
    http::{ANONYMOUS, answer, fields::Fields, keyed::Keyed, money, problems::on_patient},
};

/// Something that a patient owes and that stands on no invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChargePosting {
    /// How much, before tax: more than nothing, at most 1,000,000,000,000 minor units.
    amount: MoneyResource,
    /// The tax on it, in the same currency. None without it.
    tax: Option<MoneyResource>,
}

/// Charge a patient for something that stands on no invoice.
///
/// The account is opened if it is not there yet. The entry debits what the patient owes, and credits revenue and tax.
#[utoipa::path(
    post,
    path = "/api/accounts/{id}/charges",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The account's id, which is the patient's"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = ChargePosting,
    responses(
        (status = 201, description = "Charged: durable in the log", body = AccountResource,
         headers(("Location"), ("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such patient", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The account is closed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The account is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn charge(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<ChargePosting>,
) -> Result<Response, Problem> {
    let command = PostCharge {
        target: answer::target(id, &headers)?,
        charge: Charge {
            charge_id: new_id(),
            invoice_id: None,
            amount: parse(&body)?,
        },
    };
    let done = commands
        .post_charge(&command, &commands.caller(ANONYMOUS, key))
        .await
        .map_err(on_patient)?;
    Ok(answer::respond(done, Context::Billing))
}

fn parse(body: &ChargePosting) -> Result<TaxedAmount, Problem> {
    let mut fields = Fields::default();
    let whole = money::taxed(&mut fields, &body.amount, body.tax.as_ref());
    fields.finish(whole)
}
