//! `DELETE /api/accounts/{id}`

use axum::{extract::State, http::HeaderMap, response::Response};
use journal::Context;
use platform::http::{Path, Problem, ProblemBody};
use schemas::api::AccountResource;
use uuid::Uuid;

use crate::{
    commands::{CloseAccount, Commands},
    http::{
        ANONYMOUS, answer,
        keyed::{Keyed, KeyedIfAny, Nothing},
    },
};

/// Close a patient's account, for good: it takes no entries any more.
///
/// Nothing may be owed on it, by either side, and no payment be under way. What is on it stays and can be read. Closing
/// one that is closed changes nothing.
#[utoipa::path(
    delete,
    path = "/api/accounts/{id}",
    tag = "billing",
    params(
        ("id" = Uuid, Path, description = "The account's id, which is the patient's"),
        ("Idempotency-Key" = Option<String>, Header, description = "Carried out once: the same key and body get the same answer, for ever"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that the change was made for; stale ones are refused"),
    ),
    responses(
        (status = 200, description = "Closed, or closed before", body = AccountResource,
         headers(("ETag"), ("Consistency-Token"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The patient has no account", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Something is owed, or a payment is under way", body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "The account is at another version", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn close(
    State(commands): State<Commands>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    KeyedIfAny(Keyed { body: Nothing {}, key }): KeyedIfAny<Nothing>,
) -> Result<Response, Problem> {
    let target = answer::target(id, &headers)?;
    let done = commands
        .close_account(&CloseAccount { target }, &commands.caller(ANONYMOUS, key))
        .await?;
    Ok(answer::respond(done, Context::Billing))
}
