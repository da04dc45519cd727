//! The routes that every process serves beside its own: health, metrics, the API's description, and the problem
//! pages.

use axum::Router;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, ServerBuilder};
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

/// Adds the title, version, licence, summary and servers to the API description.
pub fn describe(mut openapi: OpenApi) -> OpenApi {
    openapi.info = InfoBuilder::new()
        .title("Anamnesis")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Patients, practitioners, appointments, prescriptions, accounts, invoices and their ledger, event-sourced. \
             Commands answer when their events are durable. Pass their `Consistency-Token` to a query to read your own \
             writes. `projections` tell how far queries are. Errors are problem documents (RFC 9457), explained at \
             `/errors/`.",
        ))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ))
        .build();
    let server = |url, description| ServerBuilder::new().url(url).description(Some(description)).build();
    openapi.servers = Some(vec![
        server("/", "Where this document is served"),
        server("http://127.0.0.1:4004", "`anamnesis up` on this machine"),
    ]);
    openapi
}
