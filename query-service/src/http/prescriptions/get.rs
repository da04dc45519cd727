//! `GET /api/prescriptions/{id}`

use api::PrescriptionResource;
use axum::{extract::State, http::HeaderMap, response::Response};
use http_edge::{Path, Problem, ProblemBody, Query, problem::types::NOT_FOUND};
use log_reader::Context;
use read_models::prescription;
use uuid::Uuid;

use super::{PROJECTIONS, show};
use crate::{
    Queries,
    http::{
        past::{AsOf, past_problem},
        tagged,
    },
    past,
    queries::database_problem,
};

/// Show a prescription.
#[utoipa::path(
    get,
    path = "/api/prescriptions/{id}",
    tag = "prescriptions",
    params(
        ("id" = Uuid, Path, description = "The prescription's id"),
        AsOf,
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "The prescription", body = PrescriptionResource, headers(("ETag"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such prescription, or none then", body = ProblemBody, content_type = "application/problem+json"),
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
        let finder = queries.look_back(&headers, Context::Prescribing).await?;
        let seen = past::prescription(&finder, id, moment).await;
        let seen = seen.map_err(past_problem("prescription"))?;
        return Ok(tagged(seen.version.cast_signed(), seen.resource));
    }
    let pool = queries.read(&headers, PROJECTIONS).await?;
    let row = prescription::find(pool, id).await.map_err(database_problem)?;
    let found = row.ok_or_else(|| Problem::new(&NOT_FOUND).detail("No prescription has this id."))?;
    Ok(tagged(found.version, show(found)))
}
