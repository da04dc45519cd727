//! The outermost layer: a span, metrics and one log line per request, and the final form of every problem document.
//! It never records a path, a query string or a body, because they can identify a person. A route template cannot.

use std::time::{Duration, Instant};

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, Span, field::Empty};

use crate::problem::{CONTENT_TYPE, Problem};
use platform::telemetry::traceparent;

/// The label of requests that match no route. The path itself would create unbounded labels.
const NO_ROUTE: &str = "(none)";

pub(super) async fn observe(request: Request, next: Next) -> Response {
    let method = method_label(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or(NO_ROUTE, MatchedPath::as_str)
        .to_owned();
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        method,
        route,
        status = Empty,
        latency_ms = Empty,
        trace_id = Empty,
    );
    if let Some(header) = incoming(request.headers()) {
        traceparent::set_parent(&span, header);
    }
    let started = Instant::now();
    let in_flight = InFlight::begin();
    async move {
        if let Some(id) = traceparent::trace_id() {
            Span::current().record("trace_id", id);
        }
        let response = finish(next.run(request).await, &path);
        drop(in_flight);
        report(method, &route, &response, started.elapsed());
        response
    }
    .instrument(span)
    .await
}

fn incoming(headers: &HeaderMap) -> Option<&str> {
    headers.get(traceparent::HEADER)?.to_str().ok()
}

/// A client may invent methods, and each label is kept for ever.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

/// Counts a request while it is in progress, even if the client disconnects and the handler is dropped.
struct InFlight;

impl InFlight {
    fn begin() -> Self {
        metrics::gauge!("http_requests_in_flight").increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!("http_requests_in_flight").decrement(1.0);
    }
}

fn report(method: &'static str, route: &str, response: &Response, latency: Duration) {
    let status = response.status();
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.as_u16().to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels).record(latency.as_secs_f64());

    let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
    Span::current()
        .record("status", status.as_u16())
        .record("latency_ms", latency_ms);
    if status.is_server_error() {
        let cause = response.extensions().get::<Problem>().and_then(Problem::cause);
        tracing::warn!(cause, "request failed");
    } else {
        tracing::debug!("request answered");
    }
}

fn finish(response: Response, path: &str) -> Response {
    match is_refusal(response.status()) {
        true => as_problem(response, path),
        false => response,
    }
}

fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// Adds the path to a problem document, and replaces any other text with one, because a library's text might quote
/// the request. Headers such as `Allow` stay.
fn as_problem(mut response: Response, path: &str) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        // Passed on from another service, which has already completed it.
        None if has_problem_type(response.headers()) => return response,
        None => Problem::of_status(response.status()).traced(),
    };
    let problem = problem.at(path);
    *response.body_mut() = Body::from(problem.to_bytes());
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    response.extensions_mut().insert(problem);
    response
}

fn has_problem_type(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(CONTENT_TYPE.as_bytes()))
}
