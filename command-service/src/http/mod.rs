//! The HTTP API of the commands: one folder per noun, one file per endpoint, named after the command.

mod accounts;
mod answer;
mod appointments;
mod endpoint;
mod fields;
mod if_match;
mod invoices;
mod key;
mod money;
mod nouns;
mod once;
mod patients;
mod practitioners;
mod prescriptions;
pub mod problems;
mod refusals;
mod times;

use commands::Commands;
use utoipa_axum::router::OpenApiRouter;

use self::endpoint::Route;

/// The routes of all commands, with their part of the OpenAPI document.
pub fn router() -> OpenApiRouter<Commands> {
    let nouns: [fn() -> Vec<Route>; 6] = [
        patients::routes,
        practitioners::routes,
        appointments::routes,
        prescriptions::routes,
        accounts::routes,
        invoices::routes,
    ];
    let routes = nouns.into_iter().flat_map(|routes| routes());
    routes.fold(OpenApiRouter::new(), OpenApiRouter::routes)
}
