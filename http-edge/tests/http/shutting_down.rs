//! Shutdown: requests in progress are finished, within a bound.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get as get_route};
use http_edge::{Drained, HttpLimits};
use tokio::{net::TcpStream, sync::Notify};

use crate::support::{Answer, in_time, limits, open, rest, start};

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

fn held() -> (Arc<Notify>, Arc<Notify>, Router) {
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside_begun, inside_release) = (begun.clone(), release.clone());
    let handler = move || async move {
        inside_begun.notify_one();
        inside_release.notified().await;
        "done"
    };
    (begun, release, Router::new().route("/", get_route(handler)))
}

#[tokio::test]
async fn a_request_in_progress_is_answered_and_new_ones_are_not_accepted() {
    let (begun, release, app) = held();
    let server = start(app, limits()).await;
    let idle = open(server.address, "").await;
    let asking = open(server.address, GET).await;
    in_time(begun.notified()).await;
    server.shutdown.trigger();
    assert_eq!(rest(idle).await, b"", "an idle connection is closed at once");
    assert!(
        in_time(TcpStream::connect(server.address)).await.is_err(),
        "the port is closed"
    );
    release.notify_one();
    let answer = Answer::parse(&rest(asking).await);
    assert_eq!((answer.status, answer.text.as_str()), (200, "done"));
    assert_eq!(answer.headers["connection"], "close");
    assert_eq!(in_time(server.ended).await.unwrap(), Drained::Fully);
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_after_the_grace_period() {
    let (begun, _release, app) = held();
    let server = start(
        app,
        HttpLimits {
            shutdown_grace: Duration::from_millis(50),
            ..limits()
        },
    )
    .await;
    let asking = open(server.address, GET).await;
    in_time(begun.notified()).await;
    server.shutdown.trigger();
    assert_eq!(in_time(server.ended).await.unwrap(), Drained::Cut { connections: 1 });
    assert_eq!(rest(asking).await, b"");
}
