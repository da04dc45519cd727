//! `GET /api/practitioners/{id}`

use api::PractitionerResource;
use axum::{extract::State, http::HeaderMap, response::Response};
use http_edge::{Path, Problem, ProblemBody, problem::types::NOT_FOUND};
use read_models::practitioner;
use uuid::Uuid;

use super::show;
use crate::{Queries, http::tagged, queries::database_problem};

/// Show a practitioner.
#[utoipa::path(
    get,
    path = "/api/practitioners/{id}",
    tag = "practitioners",
    params(
        ("id" = Uuid, Path, description = "The practitioner's id"),
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "The practitioner", body = PractitionerResource, headers(("ETag"))),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such practitioner", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Behind or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(queries): State<Queries>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let pool = queries.read(&headers, &["practitioner"]).await?;
    let row = practitioner::find(pool, id).await.map_err(database_problem)?;
    let found = row.ok_or_else(|| Problem::new(&NOT_FOUND).detail("No practitioner has this id."))?;
    Ok(tagged(found.version, show(found)))
}
