//! `GET /api/patients/{id}/history`

use axum::{Json, extract::State};
use domain::patient::Patient;
use platform::http::{Path, Problem, ProblemBody, Query};
use schemas::api::{HistoryEntry, Page, PatientResource};
use uuid::Uuid;

use crate::{
    Queries,
    http::past::{TimelinePart, past_problem, timeline},
    past,
};

/// Tell what became of a patient: who did what when, and what it changed. From the log, at once.
#[utoipa::path(
    get,
    path = "/api/patients/{id}/history",
    tag = "patients",
    params(("id" = Uuid, Path, description = "The patient's id"), TimelinePart),
    responses(
        (status = 200, description = "A page of the timeline", body = Page<HistoryEntry>),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such patient", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn history(
    State(queries): State<Queries>,
    Path(id): Path<Uuid>,
    Query(part): Query<TimelinePart>,
) -> Result<Json<Page<HistoryEntry>>, Problem> {
    let paging = part.paging()?;
    let history = past::history::<Patient>(queries.reader(), id).await;
    let history = history.map_err(past_problem("patient"))?;
    timeline(&history, paging, |version, state| {
        PatientResource::of(id, version, state)
    })
    .map(Json)
}
