//! `GET /api/patients`

use api::{Page, PatientResource};
use axum::{Json, extract::State, http::HeaderMap};
use http_edge::{Problem, ProblemBody, Query};
use read_models::patient::{self, PatientSort};
use serde::Deserialize;
use utoipa::IntoParams;

use super::show;
use crate::{
    Queries,
    http::pages::{Sortable, paging},
    queries::database_problem,
};

const SORTABLE: &[Sortable<PatientSort>] = &[
    ("name", PatientSort::Name),
    ("dateOfBirth", PatientSort::DateOfBirth),
    ("email", PatientSort::Email),
    ("registeredAt", PatientSort::RegisteredAt),
];

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// The page's number, from 0.
    page: Option<u32>,
    /// How many items a page holds: 1 to 100, 20 by default.
    size: Option<u32>,
    /// The order, repeatable: `name`, `dateOfBirth`, `email` or `registeredAt`, then `,asc` or `,desc`.
    #[serde(default)]
    sort: Vec<String>,
}

/// List patients.
#[utoipa::path(
    get,
    path = "/api/patients",
    tag = "patients",
    params(
        Parameters,
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<PatientResource>),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Behind or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(queries): State<Queries>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Json<Page<PatientResource>>, Problem> {
    let paging = paging(parameters.page, parameters.size, &parameters.sort, SORTABLE)?;
    let pool = queries.read(&headers, &["patient"]).await?;
    let listed = patient::list(pool, &paging.request).await.map_err(database_problem)?;
    Ok(Json(paging.answer(listed, show)))
}
