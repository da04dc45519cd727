//! `GET /api/accounts/{id}/history`

use axum::{Json, extract::State};
use domain::account::Account;
use platform::http::{Path, Problem, ProblemBody, Query};
use schemas::api::{AccountResource, HistoryEntry, Page};
use uuid::Uuid;

use crate::{
    Queries,
    http::past::{TimelinePart, past_problem, timeline},
    past,
};

/// Tell what became of an account: who did what when, and what it changed. From the log, at once.
#[utoipa::path(
    get,
    path = "/api/accounts/{id}/history",
    tag = "billing",
    params(("id" = Uuid, Path, description = "The account's id, which is the patient's"), TimelinePart),
    responses(
        (status = 200, description = "A page of the timeline", body = Page<HistoryEntry>),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such account", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn history(
    State(queries): State<Queries>,
    Path(id): Path<Uuid>,
    Query(part): Query<TimelinePart>,
) -> Result<Json<Page<HistoryEntry>>, Problem> {
    let paging = part.paging()?;
    let history = past::history::<Account>(queries.reader(), id).await;
    let history = history.map_err(past_problem("account"))?;
    timeline(&history, paging, |version, state| {
        Some(AccountResource::new(id, version, state))
    })
    .map(Json)
}
