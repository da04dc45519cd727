//! A server on its own port, and a client that sends raw bytes.

use std::{collections::BTreeMap, net::SocketAddr, sync::OnceLock, time::Duration};

use axum::Router;
use http_edge::{Drained, Edge, HttpLimits, ProblemBody, serve};
use platform::{
    Shutdown,
    config::HttpSettings,
    telemetry::{self, TelemetryGuard},
};
use settings::Settings;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Long enough for any machine; only a failing test waits this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: Shutdown,
    pub(crate) ended: JoinHandle<Drained>,
}

pub(crate) fn limits() -> HttpLimits {
    HttpLimits::from(&Settings::defaults().unwrap().http)
}

/// The settings of the HTTP port, with changes.
pub(crate) fn settings(change: impl FnOnce(&mut HttpSettings)) -> HttpSettings {
    let mut settings = Settings::defaults().unwrap().http;
    change(&mut settings);
    settings
}

pub(crate) async fn start(app: Router, limits: HttpLimits) -> Server {
    let mut edge = Edge::from(&settings(|_| {}));
    edge.limits = limits;
    start_edge(app, edge).await
}

pub(crate) async fn start_edge(app: Router, edge: Edge) -> Server {
    set_up_telemetry();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = Shutdown::new();
    let ended = tokio::spawn(serve(listener, app, edge, shutdown.clone()));
    Server {
        address,
        shutdown,
        ended,
    }
}

/// Logs are off, but responses must still have trace ids.
fn set_up_telemetry() {
    static GUARD: OnceLock<TelemetryGuard> = OnceLock::new();
    GUARD.get_or_init(|| {
        let mut settings = Settings::defaults().unwrap().telemetry;
        settings.log_filter = "off".to_owned();
        telemetry::init(&settings, "test").unwrap()
    });
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer in {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(n, v)| (n.to_lowercase(), v.to_owned()));
        Self {
            status,
            headers: headers.collect(),
            text: body.to_owned(),
        }
    }

    /// The problem document, after checks of its kind and status.
    pub(crate) fn problem(&self, status: u16, slug: &str) -> ProblemBody {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.headers["content-length"], self.text.len().to_string());
        assert_eq!(
            (
                &*self.headers["cache-control"],
                &*self.headers["x-content-type-options"]
            ),
            ("no-store", "nosniff")
        );
        let body: ProblemBody = serde_json::from_str(&self.text).unwrap();
        assert_eq!(
            (body.kind.as_str(), body.status),
            (format!("/errors/{slug}").as_str(), status)
        );
        body
    }
}

pub(crate) async fn open(address: SocketAddr, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

/// Everything that the server sends until it closes the connection.
pub(crate) async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A server that refuses a body may close with a reset after its response.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("the server closes");
    bytes
}

/// Sends raw bytes and reads until the server closes.
pub(crate) async fn send(server: &Server, bytes: &str) -> Answer {
    Answer::parse(&rest(open(server.address, bytes).await).await)
}

pub(crate) async fn get(server: &Server, path: &str) -> Answer {
    send(
        server,
        &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
    )
    .await
}

/// Sends a request with these headers.
pub(crate) async fn request(server: &Server, request_line: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let head = format!("{request_line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    send(server, &head).await
}

pub(crate) async fn post(server: &Server, path: &str, content_type: &str, body: &str) -> Answer {
    let length = body.len();
    send(
        server,
        &format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {content_type}\r\n\
             content-length: {length}\r\n\r\n{body}"
        ),
    )
    .await
}

pub(crate) async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("in time")
}
