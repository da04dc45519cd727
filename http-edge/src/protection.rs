//! The headers that tell browsers what not to do with an answer.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// Nothing in an answer that is data may load or run anything, or be shown inside another page.
const CSP_OF_DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// The pages that this port serves load their scripts and pictures from it, and call it. The page that reads the API's
/// description sets styles on its elements, and has pictures in data URLs.
const CSP_OF_PAGES: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// For a year, and for this host only: what other hosts of the domain can do is not known here.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Whether clients reach this port over TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OverTls(pub(crate) bool);

pub(crate) async fn protect(State(OverTls(over_tls)): State<OverTls>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = match is_page(headers) {
        true => CSP_OF_PAGES,
        false => CSP_OF_DATA,
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // For browsers that do not know frame-ancestors.
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Addresses name patients.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Responses hold health data. A handler that allows caching says so.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if over_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

fn is_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/html"))
}
