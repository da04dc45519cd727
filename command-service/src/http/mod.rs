//! The commands over HTTP: one endpoint a file, named by noun and deed.

mod accounts;
mod answer;
mod appointments;
mod fields;
mod invoices;
mod keyed;
mod maybe_body;
mod money;
mod patients;
mod practitioners;
pub mod problems;
mod refusals;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::commands::Commands;

/// Who is behind a request, while requests are not authenticated.
const ANONYMOUS: &str = "anonymous";

/// Every command's route, with its part of the OpenAPI document.
pub fn router() -> OpenApiRouter<Commands> {
    OpenApiRouter::new()
        .routes(routes!(patients::register::register))
        .routes(routes!(patients::change::change))
        .routes(routes!(practitioners::register::register))
        .routes(routes!(appointments::book::book))
        .routes(routes!(accounts::charge::charge))
        .routes(routes!(invoices::draft::draft))
        .routes(routes!(invoices::add_line::add_line))
        .routes(routes!(invoices::issue::issue))
        .routes(routes!(invoices::pay::pay))
        .routes(routes!(invoices::settle::settle))
        .routes(routes!(invoices::refund::refund))
        .routes(routes!(invoices::credit::credit))
        .routes(routes!(invoices::cancel::cancel))
}
