//! The metrics endpoint.

use axum::{Router, http::header, response::IntoResponse, routing::get};
use platform::metrics::Metrics;

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`.
pub fn metrics(metrics: &Metrics) -> Router {
    let metrics = metrics.clone();
    let page = move || async move { ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics.render()).into_response() };
    Router::new().route("/metrics", get(page))
}
