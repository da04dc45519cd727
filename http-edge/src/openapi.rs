//! The OpenAPI document and a page to read and try it. The program serves both; nothing is loaded from elsewhere.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// `GET /openapi.json` and the page under `/docs`.
pub fn docs(openapi: OpenApi) -> Router {
    // With "none", the page does not send the document to a validator on the internet.
    let config = Config::default().validator_url("none").display_request_duration(true);
    SwaggerUi::new("/docs")
        .url("/openapi.json", openapi)
        .config(config)
        .into()
}
