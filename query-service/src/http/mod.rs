//! The HTTP API of the queries: one folder per noun, one file per endpoint.

mod accounts;
mod appointments;
mod dates;
mod endpoint;
mod instants;
mod invoices;
mod ledger;
mod pages;
mod past;
mod patients;
mod practitioners;
mod prescriptions;
pub mod problems;
mod scope;

use utoipa_axum::router::OpenApiRouter;

use self::endpoint::Route;
use crate::Queries;

/// The routes of all queries, with their part of the OpenAPI document.
pub fn router() -> OpenApiRouter<Queries> {
    let nouns: [fn() -> Vec<Route>; 7] = [
        patients::routes,
        practitioners::routes,
        appointments::routes,
        prescriptions::routes,
        accounts::routes,
        invoices::routes,
        ledger::routes,
    ];
    let routes = nouns.into_iter().flat_map(|routes| routes());
    routes.fold(OpenApiRouter::new(), OpenApiRouter::routes)
}
