//! The routes that every process serves beside its own: health, metrics, the API's description, and the problem
//! pages.

use axum::Router;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::{ProblemType, docs, error_pages, home};
use platform::{Health, metrics::Metrics};

/// Combines a process's routes. The API description is derived from the routes, so the two cannot differ.
pub fn surface(api: OpenApiRouter, problems: Vec<&'static ProblemType>, health: Health, metrics: &Metrics) -> Router {
    let (api, openapi) = api.split_for_parts();
    api.merge(docs(describe(openapi)))
        .merge(error_pages(problems))
        .merge(home())
        .merge(crate::health(health))
        .merge(crate::metrics(metrics))
}

/// Adds the title, version, licence and summary to the API description.
pub fn describe(mut openapi: OpenApi) -> OpenApi {
    openapi.info = InfoBuilder::new()
        .title("Anamnesis")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Patients, practitioners and appointments, event-sourced. Commands answer when their events are durable. \
             Pass their `Consistency-Token` to a query to read your own writes.",
        ))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ))
        .build();
    openapi
}
