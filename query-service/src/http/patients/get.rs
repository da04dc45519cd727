//! `GET /api/patients/{id}`

use api::PatientResource;
use axum::{extract::State, http::HeaderMap, response::Response};
use domain::patient::PatientStatus;
use http_edge::{
    Path, Problem, ProblemBody, Query,
    problem::types::{ERASED, NOT_FOUND},
};
use log_reader::Context;
use read_models::patient;
use uuid::Uuid;

use super::show;
use crate::{
    Queries,
    http::{
        past::{AsOf, past_problem},
        tagged,
    },
    past,
    queries::database_problem,
};

/// Show a patient.
#[utoipa::path(
    get,
    path = "/api/patients/{id}",
    tag = "patients",
    params(
        ("id" = Uuid, Path, description = "The patient's id"),
        AsOf,
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "The patient", body = PatientResource, headers(("ETag"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such patient, or none then", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The patient has been erased", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Behind or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(queries): State<Queries>,
    Path(id): Path<Uuid>,
    Query(as_of): Query<AsOf>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(moment) = as_of.moment()? {
        let finder = queries.look_back(&headers, Context::Patients).await?;
        let seen = past::patient(&finder, id, moment).await;
        let seen = seen.map_err(past_problem("patient"))?;
        return Ok(tagged(seen.version.cast_signed(), seen.resource));
    }
    let pool = queries.read(&headers, &["patient"]).await?;
    let row = patient::find(pool, id).await.map_err(database_problem)?;
    let found = row.ok_or_else(|| Problem::new(&NOT_FOUND).detail("No patient has this id."))?;
    if found.status == PatientStatus::Erased.code() {
        return Err(Problem::new(&ERASED).detail("The patient has been erased."));
    }
    Ok(tagged(found.version, show(found)))
}
