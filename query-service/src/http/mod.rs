//! The queries over HTTP: one endpoint a file, named by noun and deed.

mod accounts;
mod appointments;
mod instants;
mod invoices;
mod ledger;
mod pages;
mod past;
mod patients;
mod practitioners;
mod prescriptions;
pub mod problems;

use axum::{
    Json,
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Queries;

/// Every query's route, with its part of the OpenAPI document.
pub fn router() -> OpenApiRouter<Queries> {
    OpenApiRouter::new()
        .routes(routes!(patients::list::list))
        .routes(routes!(patients::get::get))
        .routes(routes!(patients::history::history))
        .routes(routes!(practitioners::list::list))
        .routes(routes!(practitioners::get::get))
        .routes(routes!(appointments::list::list))
        .routes(routes!(appointments::get::get))
        .routes(routes!(appointments::history::history))
        .routes(routes!(prescriptions::list::list))
        .routes(routes!(prescriptions::get::get))
        .routes(routes!(prescriptions::history::history))
        .routes(routes!(accounts::get::get))
        .routes(routes!(accounts::history::history))
        .routes(routes!(invoices::list::list))
        .routes(routes!(invoices::get::get))
        .routes(routes!(invoices::history::history))
        .routes(routes!(invoices::payments::payments))
        .routes(routes!(ledger::prove::prove))
}

/// Answers with one resource and its version as an entity tag.
fn tagged(version: i64, resource: impl Serialize) -> Response {
    ([(header::ETAG, format!("W/\"{version}\""))], Json(resource)).into_response()
}
