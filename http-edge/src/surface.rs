//! What a process serves: its API, and beside it health, metrics, the API's description and the problem pages.

use std::fmt;

use axum::{Router, middleware::from_fn};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, ServerBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::{Drained, Edge, Ports, ProblemType, docs, error_pages, home, limit_principals, serve};
use platform::{Health, Shutdown, metrics::Metrics};

/// Where the API is if it is where its description is.
const HERE: &str = "/";

/// What a process serves. The API description is derived from the routes, so the two cannot differ.
pub struct Surface {
    api: Router,
    /// The part of the API that is for operators.
    operations: Router,
    description: OpenApi,
    problems: Vec<&'static ProblemType>,
    health: Health,
    metrics: Metrics,
}

impl fmt::Debug for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surface").finish_non_exhaustive()
    }
}

impl Surface {
    /// Combines a process's routes.
    pub fn new(api: OpenApiRouter, problems: Vec<&'static ProblemType>, health: Health, metrics: &Metrics) -> Self {
        let (api, description) = api.split_for_parts();
        Self {
            api: api.layer(from_fn(limit_principals)),
            operations: Router::new(),
            description,
            problems,
            health,
            metrics: metrics.clone(),
        }
    }

    /// Adds the part of the API that is for operators.
    #[must_use]
    pub fn operations(mut self, operations: OpenApiRouter) -> Self {
        let (operations, description) = operations.split_for_parts();
        self.description.merge(description);
        self.operations = operations.layer(from_fn(limit_principals));
        self
    }

    /// Serves on the ports until shutdown: the operators' part on its own port if there is one.
    pub async fn serve(self, ports: impl Into<Ports>, edge: Edge, shutdown: Shutdown) -> Drained {
        let Ports { public, operations, .. } = ports.into();
        let Some(operations) = operations else {
            return serve(public, self.together(), edge, shutdown).await;
        };
        let (for_clients, for_operators) = self.apart();
        let (one, other) = tokio::join!(
            serve(public, for_clients, edge.clone(), shutdown.clone()),
            serve(operations, for_operators, edge, shutdown)
        );
        one.and(other)
    }

    /// Everything on one port.
    pub fn together(self) -> Router {
        let everywhere = self.everywhere();
        let inner = inner(self.operations, describe(self.description), &self.metrics);
        self.api.merge(inner).merge(everywhere)
    }

    /// What clients call, and what operators call.
    fn apart(self) -> (Router, Router) {
        let (for_clients, for_operators) = (self.everywhere(), self.everywhere());
        let mut description = describe(self.description);
        if let Some(servers) = &mut description.servers {
            servers.retain(|server| server.url != HERE);
        }
        let inner = inner(self.operations, description, &self.metrics);
        (self.api.merge(for_clients), inner.merge(for_operators))
    }

    fn everywhere(&self) -> Router {
        error_pages(self.problems.clone()).merge(crate::health(self.health.clone()))
    }
}

/// What operators call, and what only they need to read.
fn inner(operations: Router, description: OpenApi, metrics: &Metrics) -> Router {
    operations
        .merge(docs(description))
        .merge(home())
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
             `/errors/`. Sign-ins give access tokens, which only the operations on accounts check yet.",
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
        server(HERE, "Where this document is served"),
        server("http://127.0.0.1:4004", "`anamnesis up` on this machine"),
    ]);
    openapi
}
