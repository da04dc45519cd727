//! Requests that never arrive completely, and bytes that are not a request.

use std::time::Duration;

use axum::{
    Router,
    routing::{get as get_route, post as post_route},
};
use http_edge::{HttpLimits, Json};

use crate::support::{Answer, limits, open, rest, send, start};

const SHORT: Duration = Duration::from_millis(50);

fn app() -> Router {
    Router::new().route("/", get_route(|| async {})).route(
        "/things",
        post_route(|Json(body): Json<serde_json::Value>| async move { axum::Json(body) }),
    )
}

#[tokio::test]
async fn a_half_sent_head_is_answered_with_408_and_closed() {
    let server = start(
        app(),
        HttpLimits {
            header_read_timeout: SHORT,
            ..limits()
        },
    )
    .await;
    let problem = send(&server, "GET / HTTP/1.1\r\nhost: x\r\n")
        .await
        .problem(408, "request-timeout");
    assert_eq!(
        problem.detail.unwrap(),
        "the head of the request did not arrive within 50 ms"
    );
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_an_answer() {
    let server = start(
        app(),
        HttpLimits {
            header_read_timeout: SHORT,
            ..limits()
        },
    )
    .await;
    assert_eq!(rest(open(server.address, "").await).await, b"");
    let kept_open = open(server.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let answer = rest(kept_open).await;
    assert_eq!(Answer::parse(&answer).status, 200);
    assert_eq!(String::from_utf8(answer).unwrap().matches("HTTP/1.1").count(), 1);
}

#[tokio::test]
async fn a_half_sent_body_is_answered_with_408_and_closed() {
    let server = start(
        app(),
        HttpLimits {
            request_timeout: SHORT,
            ..limits()
        },
    )
    .await;
    let head = "POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    for framing in [
        "content-length: 100\r\n\r\n{\"a\"",
        "transfer-encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n",
    ] {
        let answer = send(&server, &format!("{head}{framing}")).await;
        let problem = answer.problem(408, "request-timeout");
        assert_eq!(problem.detail.unwrap(), "the body did not arrive within 50 ms");
        assert_eq!(problem.instance.unwrap(), "/things");
        assert_eq!(answer.headers["connection"], "close");
    }
}

#[tokio::test]
async fn a_broken_body_is_answered_with_400() {
    let server = start(app(), limits()).await;
    let head = "POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let answer = send(
        &server,
        &format!("{head}transfer-encoding: chunked\r\n\r\nnot a length\r\n"),
    )
    .await;
    answer.problem(400, "malformed-request");
}

#[tokio::test]
async fn bytes_that_are_not_http_get_a_problem_document() {
    let server = start(app(), limits()).await;
    for bytes in [
        "\x16\x03\x01 hello\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/7.3\r\n\r\n",
    ] {
        send(&server, bytes).await.problem(400, "malformed-request");
    }
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    send(&server, &long).await.problem(431, "head-too-large");
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(80));
    send(&server, &many).await.problem(431, "head-too-large");
    let far = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(20_000));
    send(&server, &far).await.problem(431, "head-too-large");
}
