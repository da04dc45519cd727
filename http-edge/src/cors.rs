//! Lets web pages of other origins call the API (CORS). Without allowed origins, browsers refuse all of them.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use platform::config::CorsSettings;
use tower_http::cors::CorsLayer;

use crate::rates;

/// How long a browser may remember the answer to a preflight. Some remember no longer than that anyway.
const REMEMBERED_FOR: Duration = Duration::from_hours(2);

/// The headers that the API reads.
const READ: [HeaderName; 7] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    HeaderName::from_static("consistency-token"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("prefer"),
    HeaderName::from_static("traceparent"),
];
/// The headers of answers that clients need, beyond those that every page may see.
const SHOWN: [HeaderName; 4] = [
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    HeaderName::from_static("consistency-token"),
];

/// The layer for the allowed origins. Credentials are not allowed: a page sends its token itself, and there are no
/// cookies.
pub(crate) fn cors(settings: &CorsSettings) -> Option<CorsLayer> {
    let origins = settings.allowed_origins.iter();
    let origins: Vec<_> = origins
        .filter_map(|origin| HeaderValue::try_from(origin.as_str()).ok())
        .collect();
    if origins.is_empty() {
        return None;
    }
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(READ)
        .expose_headers(SHOWN.into_iter().chain(rates::HEADERS).collect::<Vec<_>>())
        .max_age(REMEMBERED_FOR);
    Some(layer)
}
