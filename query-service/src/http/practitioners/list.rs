//! `GET /api/practitioners`

use api::{Page, PractitionerResource};
use axum::{Json, extract::State, http::HeaderMap};
use http_edge::{Problem, ProblemBody, Query};
use read_models::practitioner::{self, PractitionerSort};
use serde::Deserialize;
use utoipa::IntoParams;

use super::show;
use crate::{
    Queries,
    http::pages::{Sortable, paging},
    queries::database_problem,
};

const SORTABLE: &[Sortable<PractitionerSort>] = &[
    ("name", PractitionerSort::Name),
    ("specialty", PractitionerSort::Specialty),
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
    /// The order, repeatable: `name` or `specialty`, then `,asc` or `,desc`.
    #[serde(default)]
    sort: Vec<String>,
}

/// List practitioners.
#[utoipa::path(
    get,
    path = "/api/practitioners",
    tag = "practitioners",
    params(
        Parameters,
        ("Consistency-Token" = Option<String>, Header, description = "Wait for what an earlier answer's token speaks of"),
        ("Prefer" = Option<String>, Header, description = "`wait=<seconds>`: how long to wait at most"),
    ),
    responses(
        (status = 200, description = "A page", body = Page<PractitionerResource>),
        (status = 400, description = "Malformed request", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Behind or unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(queries): State<Queries>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Json<Page<PractitionerResource>>, Problem> {
    let paging = paging(parameters.page, parameters.size, &parameters.sort, SORTABLE)?;
    let pool = queries.read(&headers, &["practitioner"]).await?;
    let listed = practitioner::list(pool, &paging.request)
        .await
        .map_err(database_problem)?;
    Ok(Json(paging.answer(listed, show)))
}
