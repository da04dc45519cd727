//! TLS: handshakes, protocols, clients that speak none or are slow, and certificates that change.

use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, routing::get as get_route};
use http_edge::{Edge, Ports, Surface};
use platform::{Health, Shutdown, metrics::Metrics};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use settings::Settings;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use utoipa_axum::router::OpenApiRouter;

use crate::support::{Answer, PATIENCE, Server, in_time, open, rest};

const GET: &[u8] = b"GET /things HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

fn certify() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap()
}

fn write(folder: &Path, certified: &CertifiedKey<KeyPair>) {
    std::fs::write(folder.join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("certificate.pem"), certified.cert.pem()).unwrap();
}

fn settings(folder: &Path) -> Settings {
    let mut settings = Settings::defaults().unwrap();
    settings.http.listen = "127.0.0.1:0".parse().unwrap();
    settings.tls.certificate = folder.join("certificate.pem");
    settings.tls.key = folder.join("key.pem");
    settings.tls.reload_ms = 20;
    settings
}

async fn start(settings: &Settings) -> Server {
    let ports = Ports::open("--listen", &settings.http, &settings.tls, false)
        .await
        .unwrap();
    assert_eq!(ports.scheme(), "https");
    let address = ports.address().unwrap();
    let metrics = Metrics::install().unwrap();
    let api = OpenApiRouter::from(Router::new().route("/things", get_route(|| async { "things" })));
    let surface = Surface::new(api, Vec::new(), Health::new(), &metrics);
    let shutdown = Shutdown::new();
    let ended = tokio::spawn(surface.serve(ports, Edge::from(&settings.http), shutdown.clone()));
    Server {
        address,
        shutdown,
        ended,
    }
}

/// Connects as a client that trusts one certificate and speaks these protocols.
async fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn get(mut stream: TlsStream<TcpStream>) -> Answer {
    stream.write_all(GET).await.unwrap();
    let mut bytes = Vec::new();
    in_time(stream.read_to_end(&mut bytes)).await.unwrap();
    Answer::parse(&bytes)
}

#[tokio::test]
async fn a_port_with_a_certificate_speaks_tls() {
    let (folder, certified) = (tempfile::tempdir().unwrap(), certify());
    write(folder.path(), &certified);
    let server = start(&settings(folder.path())).await;
    for protocols in [&["h2", "http/1.1"][..], &[]] {
        let stream = connect(server.address, certified.cert.der(), protocols).await.unwrap();
        let agreed = stream.get_ref().1.alpn_protocol();
        assert_eq!(agreed, (!protocols.is_empty()).then_some(&b"http/1.1"[..]));
        let answer = get(stream).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "things"));
        assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
    }
    connect(server.address, certified.cert.der(), &["h2"])
        .await
        .expect_err("the port speaks no HTTP/2");
    connect(server.address, certify().cert.der(), &[])
        .await
        .expect_err("the certificate of another");
}

#[tokio::test]
async fn who_speaks_no_tls_is_told_and_the_port_goes_on() {
    let (folder, certified) = (tempfile::tempdir().unwrap(), certify());
    write(folder.path(), &certified);
    let server = start(&settings(folder.path())).await;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    for bytes in ["GET / HTTP/1.1\r\nhost: x\r\n\r\n", long.as_str(), "nonsense", "\0"] {
        let mut stream = open(server.address, bytes).await;
        stream.shutdown().await.unwrap();
        let answer = Answer::parse(&rest(stream).await);
        let problem = answer.problem(400, "malformed-request");
        assert_eq!(problem.detail.unwrap(), "this port speaks TLS: use https");
        assert_eq!(answer.headers["connection"], "close");
    }
    // It looks like a handshake, and is none.
    let stream = open(server.address, "\u{16}\u{3}\u{1}\0\u{5}hello").await;
    assert!(!rest(stream).await.starts_with(b"HTTP"));
    let stream = connect(server.address, certified.cert.der(), &[]).await.unwrap();
    assert_eq!(get(stream).await.status, 200);
}

#[tokio::test]
async fn slow_handshakes_end_and_hold_nobody_up() {
    let (folder, certified) = (tempfile::tempdir().unwrap(), certify());
    write(folder.path(), &certified);
    let mut settings = settings(folder.path());
    settings.tls.handshake_timeout_ms = 500;
    let server = start(&settings).await;
    let mut slow = Vec::new();
    for begun in ["", "\u{16}\u{3}\u{1}"].repeat(10) {
        slow.push(open(server.address, begun).await);
    }
    let began = Instant::now();
    let stream = connect(server.address, certified.cert.der(), &[]).await.unwrap();
    assert_eq!(get(stream).await.status, 200);
    for stream in slow {
        assert_eq!(rest(stream).await, b"");
    }
    assert!(began.elapsed() < PATIENCE);
}

#[tokio::test]
async fn a_changed_certificate_is_used_without_a_restart_and_a_broken_one_is_not() {
    let (folder, first, second) = (tempfile::tempdir().unwrap(), certify(), certify());
    write(folder.path(), &first);
    let server = start(&settings(folder.path())).await;
    let mut kept_open = connect(server.address, first.cert.der(), &[]).await.unwrap();

    // A key that does not fit, and no certificate at all: the previous one stays.
    for broken in [second.signing_key.serialize_pem(), String::new()] {
        std::fs::write(folder.path().join("key.pem"), broken).unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let stream = connect(server.address, first.cert.der(), &[]).await.unwrap();
        assert_eq!(get(stream).await.status, 200);
    }

    write(folder.path(), &second);
    let changed = async {
        loop {
            if let Ok(stream) = connect(server.address, second.cert.der(), &[]).await {
                return stream;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert_eq!(get(in_time(changed).await).await.status, 200);
    connect(server.address, first.cert.der(), &[])
        .await
        .expect_err("the previous certificate is gone");
    kept_open.write_all(GET).await.unwrap();
    let mut answer = Vec::new();
    in_time(kept_open.read_to_end(&mut answer)).await.unwrap();
    assert_eq!(Answer::parse(&answer).status, 200, "open connections stay open");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_refused_at_the_start() {
    let (folder, first, second) = (tempfile::tempdir().unwrap(), certify(), certify());
    let settings = settings(folder.path());
    let refused = async || {
        Ports::open("--listen", &settings.http, &settings.tls, false)
            .await
            .unwrap_err()
            .to_string()
    };
    let error = refused().await;
    assert!(
        error.starts_with("`tls.certificate` names ") && error.contains("cannot be read"),
        "{error}"
    );
    write(folder.path(), &first);
    std::fs::write(folder.path().join("key.pem"), second.signing_key.serialize_pem()).unwrap();
    let error = refused().await;
    assert!(error.contains("cannot be used together"), "{error}");
    for (file, setting) in [("key.pem", "`tls.key`"), ("certificate.pem", "`tls.certificate`")] {
        write(folder.path(), &first);
        std::fs::write(folder.path().join(file), "-----BEGIN hunter2").unwrap();
        let error = refused().await;
        assert!(
            error.contains(setting) && error.ends_with("in PEM") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
