//! `GET /api/patients/{id}/history`

use api::{HistoryEntry, Page, PatientResource};
use axum::{Json, extract::State, http::HeaderMap};
use domain::patient::Patient;
use http_edge::{Path, Problem, ProblemBody, Query};
use log_reader::Context;
use uuid::Uuid;

use crate::{
    Queries,
    http::past::{TimelinePart, past_problem, timeline},
    past,
};

/// Tell what became of a patient: who did what when, and what it changed. From the log.
#[utoipa::path(
    get,
    path = "/api/patients/{id}/history",
    tag = "patients",
    params(
        ("id" = Uuid, Path, description = "The patient's id"),
        TimelinePart,
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "A page of the timeline", body = Page<HistoryEntry>),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such patient", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Behind or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn history(
    State(queries): State<Queries>,
    Path(id): Path<Uuid>,
    Query(part): Query<TimelinePart>,
    headers: HeaderMap,
) -> Result<Json<Page<HistoryEntry>>, Problem> {
    let paging = part.paging()?;
    let finder = queries.look_back(&headers, Context::Patients).await?;
    let history = past::history::<Patient>(&finder, id).await;
    let history = history.map_err(past_problem("patient"))?;
    timeline(&history, paging, |version, state| {
        PatientResource::of(id, version, state)
    })
    .map(Json)
}
