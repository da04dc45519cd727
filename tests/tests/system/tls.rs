//! TLS on both ports of a running stack, and the operators' port.

use std::{io, net::SocketAddr, path::Path, sync::Arc};

use anamnesis::Stack;
use http_edge::Ports;
use hyper_util::rt::TokioIo;
use platform::{Clock, Shutdown};
use rcgen::generate_simple_self_signed;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use settings::Settings;
use system_tests::PATIENCE;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::transport::Endpoint;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

async fn settings(folder: &Path) -> (Settings, CertificateDer<'static>) {
    let certified = generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, certified.cert.pem()).expect("written");
    std::fs::write(&key, certified.signing_key.serialize_pem()).expect("written");
    let mut settings = system_tests::fresh_settings().await;
    settings.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.http.operations_listen = Some(settings.http.listen);
    settings.tls.certificate = certificate;
    settings.tls.key = key;
    (settings, certified.cert.der().clone())
}

/// A client that trusts one certificate and speaks one protocol.
fn client(trusted: &CertificateDer<'static>, protocol: &str) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    TlsConnector::from(Arc::new(config))
}

async fn connect(client: &TlsConnector, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    client.connect(name, stream).await
}

async fn get(client: &TlsConnector, address: SocketAddr, path: &str) -> String {
    let mut stream = connect(client, address).await.expect("a connection");
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn every_port_speaks_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, certificate) = settings(folder.path()).await;
    let ports = Ports::open("--listen", &settings.http, &settings.tls, false)
        .await
        .expect("ports");
    let shutdown = Shutdown::new();
    let stack = Stack::start(&settings, Clock::system(), ports, &shutdown)
        .await
        .expect("a stack");
    assert_eq!(stack.scheme(), "https");

    let browser = client(&certificate, "http/1.1");
    let answer = get(&browser, stack.address(), "/api/patients").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: "), "{answer}");
    for path in ["/api/projections", "/metrics", "/docs/"] {
        let answer = get(&browser, stack.operations_address(), path).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        let answer = get(&browser, stack.address(), path).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }

    // Clients that never finish their handshake, or begin with none, hold nobody up.
    let mut slow = Vec::new();
    for begun in [&b"\x16\x03\x01"[..], b""].repeat(5) {
        let mut stream = TcpStream::connect(stack.grpc_address()).await.expect("a connection");
        stream.write_all(begun).await.expect("sent");
        slow.push(stream);
    }
    let (caller, address) = (client(&certificate, "h2"), stack.grpc_address());
    let connector = tower::service_fn(move |_: tonic::codegen::http::Uri| {
        let caller = caller.clone();
        async move { connect(&caller, address).await.map(TokioIo::new) }
    });
    let endpoint = Endpoint::from_static("https://localhost").timeout(PATIENCE);
    let channel = endpoint.connect_with_connector(connector).await.expect("a channel");
    let mut health = HealthClient::new(channel);
    let mut serving = async || {
        let answer = health.check(HealthCheckRequest::default()).await;
        answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
    };
    let ready = async {
        while !serving().await {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("gRPC over TLS");

    let mut plain = TcpStream::connect(address).await.expect("a connection");
    plain
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(PATIENCE, plain.read_to_end(&mut answer)).await;
    assert!(
        closed.is_ok() && answer.is_empty(),
        "plain text to the gRPC port: {answer:?}"
    );

    drop(slow);
    shutdown.trigger();
    stack.stopped().await.expect("a clean stop");
}
