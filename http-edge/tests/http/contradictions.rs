//! Requests that two programs could read differently: odd paths, and lengths that contradict each other.

use axum::{
    Router,
    routing::{get as get_route, post as post_route},
};
use http_edge::{Json, Path, Surface};
use platform::{Health, metrics::Metrics};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::support::{Answer, Server, get, limits, open, rest, send, start};

async fn server() -> Server {
    let api = Router::new()
        .route(
            "/api/things/{id}",
            get_route(|Path(id): Path<Uuid>| async move { id.to_string() }),
        )
        .route(
            "/api/things",
            post_route(|Json(body): Json<serde_json::Value>| async move { axum::Json(body) }),
        );
    let metrics = Metrics::install().unwrap();
    let surface = Surface::new(OpenApiRouter::from(api), Vec::new(), Health::new(), &metrics);
    start(surface.together(), limits()).await
}

#[tokio::test]
async fn a_path_is_taken_as_it_is() {
    let server = server().await;
    let id = Uuid::from_u128(1);
    assert_eq!(get(&server, &format!("/api/things/{id}")).await.status, 200);
    for path in [
        &format!("//api/things/{id}"),
        &format!("/api//things/{id}"),
        &format!("/api/things/{id}/"),
        &format!("/api/./things/{id}"),
        &format!("/health/../api/things/{id}"),
        &format!("/health/%2e%2e/api/things/{id}"),
        &format!("/%2e%2e/api/things/{id}"),
        &format!("/api%2fthings%2f{id}"),
        &format!("/api/things\\{id}"),
        &format!("/API/things/{id}"),
        &format!("/api/%74hings/{id}"),
        "//",
        "/errors/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/docs/%2e%2e/%2e%2e/etc/passwd",
        "/docs/..%2f..%2fetc%2fpasswd",
    ] {
        let answer = get(&server, path).await;
        answer.problem(404, "not-found");
    }
    for id in ["%2e%2e", "..", "%00", "%ff", "%2f", "1%0d%0aset-cookie:x"] {
        let answer = get(&server, &format!("/api/things/{id}")).await;
        let slug = if answer.status == 404 {
            "not-found"
        } else {
            "invalid-request"
        };
        assert!([400, 404].contains(&answer.status), "{id}: {}", answer.status);
        answer.problem(answer.status, slug);
        assert!(!answer.headers.contains_key("set-cookie"), "{id}");
    }
}

const POST: &str = "POST /api/things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
const SMUGGLED: &str = "GET /api/things/00000000-0000-0000-0000-000000000001 HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn lengths_that_make_no_sense_are_refused() {
    let server = server().await;
    for lengths in [
        "content-length: 2\r\ncontent-length: 3\r\n",
        "content-length: 2, 3\r\n",
        "content-length: +2\r\n",
        "content-length: -2\r\n",
        "content-length: 0x2\r\n",
        "content-length: 99999999999999999999\r\n",
        "content-length:\r\n",
        "content-length : 2\r\n",
        "transfer-encoding: identity\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding : chunked\r\n",
    ] {
        let answer = send(&server, &format!("{POST}{lengths}\r\n{{}}")).await;
        answer.problem(400, "malformed-request");
    }
    let old = POST.replace("HTTP/1.1", "HTTP/1.0");
    let answer = send(
        &server,
        &format!("{old}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"),
    )
    .await;
    answer.problem(400, "malformed-request");
}

#[tokio::test]
async fn nothing_is_read_after_a_body_whose_end_is_in_doubt() {
    let server = server().await;
    let chunked = "2\r\n{}\r\n0\r\n\r\n";
    for lengths in [
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\n",
    ] {
        let stream = open(server.address, &format!("{POST}{lengths}\r\n{chunked}{SMUGGLED}")).await;
        let bytes = rest(stream).await;
        let answer = Answer::parse(&bytes);
        assert_eq!((answer.status, answer.text.as_str()), (200, "{}"), "{lengths}");
        assert_eq!(answer.headers["connection"], "close", "{lengths}");
        assert!(!answer.text.contains("HTTP/1.1"), "{lengths}");
    }
    // Refused before the body is read, it is no different.
    let missing = POST.replace("/api/things", "/api/nothing");
    let stream = open(
        server.address,
        &format!("{missing}transfer-encoding: chunked\r\n\r\n{chunked}{SMUGGLED}"),
    )
    .await;
    let bytes = rest(stream).await;
    Answer::parse(&bytes).problem(404, "not-found");
    assert_eq!(String::from_utf8(bytes).unwrap().matches("HTTP/1.1").count(), 1);
    // With a plain length there is no doubt, and both are answered.
    let both = format!(
        "{POST}content-length: 2\r\n\r\n{{}}{}",
        SMUGGLED.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n")
    );
    let bytes = rest(open(server.address, &both).await).await;
    assert_eq!(String::from_utf8(bytes).unwrap().matches("HTTP/1.1 200").count(), 2);
}
