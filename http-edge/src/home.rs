//! `GET /`: a page with links for browsers.

use axum::{Router, response::Html, routing::get};

const PAGE: &str = include_str!("home.html");

/// `GET /`.
pub fn home() -> Router {
    Router::new().route("/", get(async || Html(PAGE)))
}
