//! Limits: requests above a limit, and handlers that fail.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    response::Response,
    routing::{get as get_route, post as post_route},
};
use http_edge::HttpLimits;
use platform::Health;
use tokio::sync::{Notify, Semaphore};

use crate::support::{Answer, get, in_time, limits, open, rest, send, start};

/// A handler that reports when it has begun, and ends when released.
#[derive(Clone)]
struct Held {
    begun: Arc<Semaphore>,
    release: Arc<Notify>,
}

impl Held {
    fn app() -> (Self, Router) {
        let held = Self {
            begun: Arc::new(Semaphore::new(0)),
            release: Arc::new(Notify::new()),
        };
        let inside = held.clone();
        let handler = move || async move {
            inside.begun.add_permits(1);
            inside.release.notified().await;
            "done"
        };
        (
            held,
            Router::new()
                .route("/held", get_route(handler))
                .merge(http_edge::health(Health::new())),
        )
    }

    async fn begun(&self) {
        in_time(self.begun.acquire()).await.unwrap().forget();
    }
}

const GET_HELD: &str = "GET /held HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_request_above_the_limit_is_refused_at_once_and_probes_are_answered() {
    let (held, app) = Held::app();
    let server = start(
        app,
        HttpLimits {
            max_concurrent_requests: 1,
            ..limits()
        },
    )
    .await;
    let first = open(server.address, GET_HELD).await;
    held.begun().await;
    let answer = get(&server, "/held").await;
    answer.problem(503, "overloaded");
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(get(&server, "/health/live").await.status, 200);
    assert_eq!(get(&server, "/health/ready").await.status, 200);
    held.release.notify_one();
    assert_eq!(Answer::parse(&rest(first).await).text, "done");
    held.release.notify_one();
    assert_eq!(get(&server, "/held").await.status, 200, "the place is free again");
}

#[tokio::test]
async fn a_connection_above_the_limit_waits() {
    let (_, app) = Held::app();
    let server = start(
        app,
        HttpLimits {
            max_connections: 1,
            ..limits()
        },
    )
    .await;
    let idle = open(server.address, "").await;
    let waiting = open(
        server.address,
        "GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    drop(idle);
    assert_eq!(Answer::parse(&rest(waiting).await).status, 200);
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_the_servers_fault() {
    let (_, app) = Held::app();
    let server = start(
        app,
        HttpLimits {
            request_timeout: Duration::from_millis(50),
            ..limits()
        },
    )
    .await;
    let answer = get(&server, "/held").await;
    let problem = answer.problem(503, "unavailable");
    assert!(problem.detail.unwrap().contains("not known"));
    assert!(
        !answer.headers.contains_key("retry-after"),
        "a change that may have taken effect is not to be repeated"
    );
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let (begun, inside) = (Arc::new(Notify::new()), ());
    let notify = begun.clone();
    let handler = move || async move {
        notify.notify_one();
        "x".repeat(64 * 1024 * 1024)
    };
    let app = Router::new().route("/", get_route(handler));
    let server = start(
        app,
        HttpLimits {
            request_timeout: Duration::from_millis(50),
            ..limits()
        },
    )
    .await;
    let deaf = open(server.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    in_time(begun.notified()).await;
    server.shutdown.trigger();
    assert_eq!(in_time(server.ended).await.unwrap(), http_edge::Drained::Fully);
    drop((deaf, inside));
}

#[tokio::test]
async fn a_panic_is_a_problem_and_the_server_continues() {
    async fn fails() -> Response {
        panic!("Jane Roe")
    }
    let server = start(Router::new().route("/", get_route(fails)), limits()).await;
    for _ in 0..2 {
        let answer = get(&server, "/").await;
        let problem = answer.problem(500, "internal");
        assert!(!answer.text.contains("Jane"));
        assert!(problem.trace_id.is_some());
    }
}

#[tokio::test]
async fn an_unknown_address_or_method_is_a_problem() {
    let app = Router::new().route("/things", post_route(|| async {}));
    let server = start(app, limits()).await;
    let problem = get(&server, "/nothing?name=Jane").await.problem(404, "not-found");
    assert_eq!(
        problem.instance.as_deref(),
        Some("/nothing"),
        "without the query string"
    );
    let answer = get(&server, "/things").await;
    answer.problem(405, "method-not-allowed");
    assert_eq!(answer.headers["allow"], "POST");
}

#[tokio::test]
async fn a_refusal_of_a_library_becomes_a_problem() {
    let app = Router::new()
        .route(
            "/plain",
            get_route(|| async { (StatusCode::CONFLICT, "Jane Roe exists") }),
        )
        .route(
            "/axum",
            get_route(|axum::extract::Path(n): axum::extract::Path<u8>| async move { n.to_string() }),
        )
        .route(
            "/n/{n}",
            get_route(|axum::extract::Path(n): axum::extract::Path<u8>| async move { n.to_string() }),
        );
    let server = start(app, limits()).await;
    let answer = get(&server, "/plain").await;
    assert_eq!(answer.status, 409);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert!(answer.text.contains(r#""type":"about:blank","title":"Conflict""#) && !answer.text.contains("Jane"));
    get(&server, "/axum").await.problem(500, "internal");
    let answer = get(&server, "/n/Jane").await;
    answer.problem(400, "invalid-request");
    // The path itself is in the instance; the library's text, which repeats it, is gone.
    assert_eq!(answer.text.matches("Jane").count(), 1);
}

#[tokio::test]
async fn a_head_request_gets_no_body() {
    let server = start(Router::new(), limits()).await;
    let answer = send(
        &server,
        "HEAD /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert_eq!((answer.status, answer.text.as_str()), (404, ""));
}
