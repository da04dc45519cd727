//! The commands over HTTP: one endpoint a file, named by noun and deed.

mod answer;
mod appointments;
mod fields;
mod keyed;
mod patients;
mod practitioners;
pub mod problems;

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
}
