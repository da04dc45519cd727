//! The layers around every router: they bound the cost of a request, and turn every refusal into a problem document.
//! The layers that observe lie outside of those that refuse, so that refusals are counted too.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderMap, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http_body_util::Limited;
use tokio::sync::Semaphore;

use crate::{
    edge::Edge,
    observe::observe,
    problem::{Problem, types},
    protection::{OverTls, protect},
    rates::limit_addresses,
    received::{Arrived, Received},
};
use platform::config::HttpSettings;

/// Answered however busy the server is and however often they are called, because monitoring must see that it lives and how busy it is.
const ALWAYS_ANSWERED: [&str; 3] = ["/health/live", "/health/ready", "/metrics"];
const RETRY_AFTER_SECONDS: u32 = 1;

/// The bounds of an HTTP server.
#[derive(Clone, Debug)]
pub struct HttpLimits {
    /// The timeout for the head of a request, and for an idle connection.
    pub header_read_timeout: Duration,
    /// The timeout from a request to the head of its response, and for a client that stops reading a response.
    pub request_timeout: Duration,
    /// The maximum size of a request body.
    pub body_limit_bytes: usize,
    /// The maximum number of connections. Further ones wait in the operating system's queue.
    pub max_connections: usize,
    /// The maximum number of connections of one address. Further ones are closed at once.
    pub max_connections_per_address: usize,
    /// The maximum number of concurrent requests. Further ones are refused with 503 `overloaded`.
    pub max_concurrent_requests: usize,
    /// How long requests in progress may take after shutdown begins.
    pub shutdown_grace: Duration,
}

impl From<&HttpSettings> for HttpLimits {
    fn from(settings: &HttpSettings) -> Self {
        Self {
            header_read_timeout: Duration::from_millis(settings.header_read_timeout_ms),
            request_timeout: Duration::from_millis(settings.request_timeout_ms),
            body_limit_bytes: settings.body_limit_bytes,
            max_connections: settings.max_connections.min(Semaphore::MAX_PERMITS),
            max_connections_per_address: settings.max_connections_per_address,
            max_concurrent_requests: settings.max_concurrent_requests.min(Semaphore::MAX_PERMITS),
            shutdown_grace: Duration::from_millis(settings.shutdown_grace_ms),
        }
    }
}

#[derive(Debug)]
struct Bounds {
    limits: HttpLimits,
    working: Semaphore,
}

/// Adds the layers to all routes of `router`, and answers requests that match no route.
pub(crate) fn layers(router: Router, edge: &Edge, over_tls: OverTls) -> Router {
    let limits = edge.limits.clone();
    let working = Semaphore::new(limits.max_concurrent_requests);
    let router = router
        .fallback(|| async { Problem::new(&types::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { Problem::new(&types::METHOD_NOT_ALLOWED) })
        // The limit below applies to every way of reading a body. axum's own limit would only add a second one.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::new(Bounds { limits, working }), bound))
        .layer(from_fn_with_state(Arc::clone(&edge.rates), limit_addresses));
    // Outside of what refuses, so that web pages can read refusals too.
    let router = match &edge.cors {
        Some(cors) => router.layer(cors.clone()),
        None => router,
    };
    router
        .layer(from_fn(observe))
        .layer(from_fn_with_state(over_tls, protect))
}

async fn bound(State(bounds): State<Arc<Bounds>>, request: Request, next: Next) -> Response {
    let Bounds { limits, working } = &*bounds;
    let _permit = match working.try_acquire() {
        Ok(permit) => Some(permit),
        Err(_) if always_answered(&request) => None,
        Err(_) => return overloaded(limits).into_response(),
    };
    if announced_length(request.headers()).is_some_and(|length| length > limits.body_limit_bytes as u64) {
        return too_large(limits.body_limit_bytes).into_response();
    }
    let (parts, body) = request.into_parts();
    let (body, arrived) = Received::new(body);
    let request = Request::from_parts(parts, Body::new(Limited::new(body, limits.body_limit_bytes)));

    // A handler that panicked is dropped with all its state; nothing of it is used again.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(limits.request_timeout, answer).await {
        Ok(Ok(response)) => response,
        // The panic hook has already logged the panic.
        Ok(Err(_payload)) => Problem::new(&types::INTERNAL)
            .because("the handler panicked")
            .into_response(),
        Err(_elapsed) => out_of_time(limits, &arrived).into_response(),
    }
}

pub(crate) fn always_answered(request: &Request) -> bool {
    request
        .extensions()
        .get::<MatchedPath>()
        .is_some_and(|path| ALWAYS_ANSWERED.contains(&path.as_str()))
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn overloaded(limits: &HttpLimits) -> Problem {
    Problem::new(&types::OVERLOADED)
        .detail(format!(
            "the limit of {} concurrent requests is reached",
            limits.max_concurrent_requests
        ))
        .retry_after(RETRY_AFTER_SECONDS)
}

/// The problem for a body above the limit.
pub(super) fn too_large(limit_bytes: usize) -> Problem {
    Problem::new(&types::BODY_TOO_LARGE)
        .detail(format!("the body must not exceed {limit_bytes} bytes"))
        .closing()
}

fn out_of_time(limits: &HttpLimits, arrived: &Arrived) -> Problem {
    let limit_ms = limits.request_timeout.as_millis();
    if arrived.yet() {
        return Problem::new(&types::UNAVAILABLE)
            .detail(format!(
                "no answer was ready within {limit_ms} ms; whether a change took effect is not known"
            ))
            // No Retry-After: clients would repeat a change that may have taken effect.
            .because("the request ran out of time");
    }
    Problem::new(&types::REQUEST_TIMEOUT)
        .detail(format!("the body did not arrive within {limit_ms} ms"))
        .closing()
}
