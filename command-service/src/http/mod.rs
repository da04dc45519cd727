//! The commands over HTTP: one endpoint a file, named by noun and deed.

mod answer;
mod appointments;
mod fields;
mod patients;
mod practitioners;
pub mod problems;

use axum::{
    extract::Request,
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
};
use platform::http::{Problem, problem::types::INVALID_REQUEST};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::commands::Commands;

/// Every command's route, with its part of the OpenAPI document.
pub fn router() -> OpenApiRouter<Commands> {
    OpenApiRouter::new()
        .routes(routes!(patients::register::register))
        .routes(routes!(patients::change::change))
        .routes(routes!(practitioners::register::register))
        .routes(routes!(appointments::book::book))
        .layer(from_fn(refuse_idempotency_key))
}

/// A client that sends a key believes that repeating the command is safe. Until it is, being told so is better.
async fn refuse_idempotency_key(request: Request, next: Next) -> Response {
    if request.headers().contains_key("idempotency-key") {
        return Problem::new(&INVALID_REQUEST)
            .detail("Repeated commands are not recognised yet; leave the header out.")
            .parameter("Idempotency-Key", "is not supported")
            .into_response();
    }
    next.run(request).await
}
