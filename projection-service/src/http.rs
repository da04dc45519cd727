//! `GET /api/projections`: the status of the projections, for operators.

use api::{Example as _, ProjectionResource};
use axum::{Json, extract::State};
use http_edge::{Problem, ProblemBody, problem::types::UNAVAILABLE};
use log_reader::Reader;
use platform::Clock;
use read_models::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::status::{ProjectionStatus, status};

/// The dependencies of the endpoint. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Looking {
    /// The log.
    pub journal: Reader,
    /// The read models.
    pub pool: PgPool,
    /// The clock, for the age of events.
    pub clock: Clock,
}

/// The route with its part of the OpenAPI document.
pub fn router() -> OpenApiRouter<Looking> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Maps a projection's status to its API resource.
#[must_use]
pub fn resource(status: &ProjectionStatus) -> ProjectionResource {
    ProjectionResource {
        name: status.projection.to_owned(),
        stream: status.stream.to_owned(),
        position: status.position,
        end: status.end,
        lag_events: status.behind_events,
        lag_ms: status.behind_ms,
        state: status.state().to_owned(),
        reason: status.reason().map(str::to_owned),
        parked_events: status.parked_events,
        built_position: status.building,
    }
}

/// Get the position, the lag and the state of every projection.
#[utoipa::path(
    get,
    path = "/api/projections",
    operation_id = "list_projections",
    tag = "operations",
    responses(
        (status = 200, description = "Every projection", body = Vec<ProjectionResource>,
         example = json!([ProjectionResource::example()])),
        (status = 503, description = "Unavailable", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
async fn list(State(looking): State<Looking>) -> Result<Json<Vec<ProjectionResource>>, Problem> {
    let Looking { journal, pool, clock } = looking;
    let all = status(&journal, &pool, clock.now()).await.map_err(|error| {
        Problem::new(&UNAVAILABLE)
            .detail("The log or the read models are unavailable.")
            .because(error)
            .retry_after(1)
    })?;
    Ok(Json(all.iter().map(resource).collect()))
}
