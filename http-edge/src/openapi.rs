//! The OpenAPI document and a page to read and try it. Both come out of the program; nothing is loaded from elsewhere.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// `GET /openapi.json` and the page under `/docs`.
pub fn docs(openapi: OpenApi) -> Router {
    // "none": the page would otherwise send the document to a validator on the internet.
    let config = Config::default().validator_url("none").display_request_duration(true);
    SwaggerUi::new("/docs")
        .url("/openapi.json", openapi)
        .config(config)
        .into()
}
