//! What every process serves beside its own routes: health, metrics, the API's description, and the pages of problems.

use axum::Router;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::{ProblemType, docs, error_pages, home};
use platform::{Health, metrics::Metrics};

/// Puts a process's routes together. The description is taken from the routes themselves, so the two cannot differ.
pub fn surface(api: OpenApiRouter, problems: Vec<&'static ProblemType>, health: Health, metrics: &Metrics) -> Router {
    let (api, openapi) = api.split_for_parts();
    api.merge(docs(describe(openapi)))
        .merge(error_pages(problems))
        .merge(home())
        .merge(crate::health(health))
        .merge(crate::metrics(metrics))
}

/// Gives the description of routes its head: what this is, in which version, under which licence.
pub fn describe(mut openapi: OpenApi) -> OpenApi {
    openapi.info = InfoBuilder::new()
        .title("Anamnesis")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Patients, practitioners and appointments, event-sourced. Commands answer when their events are durable; \
             hand their `Consistency-Token` to a query to read what was written.",
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
