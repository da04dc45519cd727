//! Traces reach a collector: a finished span is sent over OTLP/gRPC, at the latest when the process ends.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Response};
use bytes::Bytes;
use platform::{
    config::{LogFormat, TelemetrySettings},
    telemetry,
};
use tokio::{net::TcpListener, sync::oneshot};

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// Accepts one export, answers it as gRPC requires, and passes on its path and bytes.
async fn collect(listener: TcpListener, exported: oneshot::Sender<(String, Vec<u8>)>) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut connection = h2::server::handshake(stream).await.unwrap();
    let mut exported = Some(exported);
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let exported = exported.take();
        tokio::spawn(async move {
            let path = request.uri().path().to_owned();
            let mut body = request.into_body();
            let mut bytes = Vec::new();
            while let Some(Ok(chunk)) = body.data().await {
                body.flow_control().release_capacity(chunk.len()).unwrap();
                bytes.extend_from_slice(&chunk);
            }
            let head = Response::builder()
                .header("content-type", "application/grpc")
                .body(())
                .unwrap();
            let mut stream = respond.send_response(head, false).unwrap();
            // An empty message: a frame header of five bytes and nothing else.
            stream.send_data(Bytes::from_static(&[0; 5]), false).unwrap();
            let status = HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static("0"))]);
            stream.send_trailers(status).unwrap();
            if let Some(exported) = exported {
                let _ = exported.send((path, bytes));
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_reaches_the_collector() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = TelemetrySettings {
        log_format: LogFormat::Pretty,
        log_filter: "off".to_owned(),
        otlp_endpoint: format!("http://{}", listener.local_addr().unwrap()),
        sample_ratio: 1.0,
    };
    let (sender, exported) = oneshot::channel();
    tokio::spawn(collect(listener, sender));

    let guard = telemetry::init(&settings, "anamnesis-test").unwrap();
    tracing::info_span!("append-events", aggregate = "018f3a5e").in_scope(|| {});
    drop(guard);

    let (path, bytes) = tokio::time::timeout(Duration::from_secs(20), exported)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(path, EXPORT);
    for text in ["anamnesis-test", "append-events", "018f3a5e"] {
        assert!(
            bytes.windows(text.len()).any(|window| window == text.as_bytes()),
            "{text} was not sent"
        );
    }
    assert!(telemetry::init(&settings, "again").is_err(), "only once in a process");
}
