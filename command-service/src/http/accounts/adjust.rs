//! `POST /api/accounts/{id}/adjustments`

use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    account::{Adjustment, AdjustmentKind},
    values::Reason,
};
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
    commands::{Commands, PostAdjustment},
    http::{ANONYMOUS, answer, fields::Fields, keyed::Keyed, money},
};

/// By how much less a patient owes, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AdjustmentPosting {
    /// `write-off`: it was rightly charged, and will not be collected. `credit-note`: it was wrongly charged, and not by
    /// an invoice, which has credit notes of its own.
    #[schema(example = "write-off")]
    kind: String,
    /// How much, before tax: more than nothing, at most 1,000,000,000,000 minor units.
    amount: MoneyResource,
    /// The tax on it, in the same currency. None without it.
    tax: Option<MoneyResource>,
    /// In words, at most 500 characters.
    reason: Option<String>,
}

/// Lower what a patient owes, without money.
///
/// A write-off debits write-offs with all of it, and takes no tax back. A credit note debits revenue and tax. Both credit
/// what the patient owes.
#[utoipa::path(
    post,
    path = "/api/accounts/{id}/adjustments",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The account's id, which is the patient's"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    request_body = AdjustmentPosting,
    responses(
        (status = 201, description = "Posted: durable in the log", body = AccountResource,
         headers(("Location"), ("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The patient has no account", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The account is closed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased, and the request would keep a text about them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The account is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A value breaks a rule, or less is owed or was charged", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn adjust(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Keyed { body, key }: Keyed<AdjustmentPosting>,
) -> Result<Response, Problem> {
    let command = PostAdjustment {
        target: answer::target(id, &headers)?,
        adjustment: parse(body)?,
    };
    let done = commands
        .post_adjustment(&command, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Billing))
}

fn parse(body: AdjustmentPosting) -> Result<Adjustment, Problem> {
    let mut fields = Fields::default();
    let kind = fields.check("/kind", AdjustmentKind::parse(&body.kind));
    let amount = money::taxed(&mut fields, &body.amount, body.tax.as_ref());
    let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
    let whole = kind.zip(amount).map(|(kind, amount)| Adjustment {
        adjustment_id: new_id(),
        kind,
        amount,
        invoice_id: None,
        reason,
    });
    fields.finish(whole)
}
