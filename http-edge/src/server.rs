//! The HTTP/1.1 server: bounded connections, timeouts for half-sent requests, and a bounded shutdown. `axum::serve`
//! has none of these limits; half-sent heads would stay open for ever.

use std::{convert::Infallible, net::IpAddr, pin::Pin, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use futures_util::TryFutureExt;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{
    edge::Edge,
    hyper_answers::{ClientStream, answer},
    layers::layers,
    listen::{Accepted, Listener},
    problem::{Problem, types},
    protection::OverTls,
    slots::{Slot, Slots},
    tls::{HandshakeError, Transport},
};
use platform::Shutdown;

const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
const BUFFER_BYTES: usize = 64 * 1024;
/// What is still read of a request that is refused before it has arrived, so that closing the connection does not destroy
/// the answer.
const MAX_DISCARDED_BYTES: u64 = 64 * 1024;

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request in progress was answered.
    Fully,
    /// The grace period ended first, and this many connections were cut.
    Cut {
        /// The number of connections.
        connections: usize,
    },
}

impl Drained {
    /// How two servers ended.
    pub(crate) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fully, ended) | (ended, Self::Fully) => ended,
            (Self::Cut { connections: some }, Self::Cut { connections: more }) => Self::Cut {
                connections: some + more,
            },
        }
    }
}

/// Serves `app` at the edge until shutdown. Requests in progress may then take at most
/// [`shutdown_grace`](crate::HttpLimits::shutdown_grace).
///
/// A half-sent head is answered with 408 after [`header_read_timeout`](crate::HttpLimits::header_read_timeout); an idle
/// connection is closed without an answer. A half-sent body is answered with 408 after
/// [`request_timeout`](crate::HttpLimits::request_timeout).
pub async fn serve(listener: impl Into<Listener>, app: Router, edge: Edge, shutdown: Shutdown) -> Drained {
    let listener = listener.into();
    let over_tls = OverTls(edge.behind_tls_proxy || listener.speaks_tls());
    let server = Server {
        app: layers(app, &edge, over_tls),
        slots: Slots::new(&edge),
        open: TaskTracker::new(),
        cut: CancellationToken::new(),
        edge: Arc::new(edge),
        shutdown,
    };
    // If this future is dropped, all connections are closed.
    let _cut_on_drop = server.cut.clone().drop_guard();
    tokio::select! {
        () = server.accept_for_ever(&listener) => {}
        () = server.shutdown.cancelled() => {}
    }
    drop(listener);
    server.drain().await
}

struct Server {
    app: Router,
    edge: Arc<Edge>,
    shutdown: Shutdown,
    slots: Slots,
    open: TaskTracker,
    cut: CancellationToken,
}

impl Server {
    async fn accept_for_ever(&self, listener: &Listener) {
        while let Some(permit) = self.slots.free().await {
            let accepted = listener.accept().await;
            let Some(slot) = self.slots.take(permit, &accepted, &self.edge) else {
                continue;
            };
            let connection = Connection {
                app: self.app.clone(),
                edge: Arc::clone(&self.edge),
                shutdown: self.shutdown.clone(),
                peer: accepted.peer().ip(),
                _slot: slot,
            };
            let cut = self.cut.clone();
            self.open
                .spawn(async move { cut.run_until_cancelled(connection.begin(accepted)).await });
        }
    }

    async fn drain(&self) -> Drained {
        self.open.close();
        if tokio::time::timeout(self.edge.limits.shutdown_grace, self.open.wait())
            .await
            .is_ok()
        {
            return Drained::Fully;
        }
        let connections = self.open.len();
        tracing::warn!(
            connections,
            "connections are cut, because their requests did not end in the grace period"
        );
        self.cut.cancel();
        self.open.wait().await;
        Drained::Cut { connections }
    }
}

struct Connection {
    app: Router,
    edge: Arc<Edge>,
    shutdown: Shutdown,
    peer: IpAddr,
    _slot: Slot,
}

impl Connection {
    async fn begin(self, accepted: Accepted) {
        match accepted.open().await {
            Ok(transport) => self.run(transport).await,
            Err(HandshakeError::PlainText(stream)) => self.tell_to_use_tls(stream).await,
            Err(HandshakeError::Late | HandshakeError::Failed(_)) => {}
        }
    }

    async fn run(self, stream: Transport) {
        let stream = ClientStream::new(stream, self.edge.limits.request_timeout);
        let service = service_fn(|mut request: Request<Incoming>| {
            let client = self.edge.proxies.client(self.peer, request.headers());
            request.extensions_mut().insert(client);
            let is_chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
            let answered = self.app.clone().oneshot(request.map(Body::new));
            let answer: Pin<Box<dyn Future<Output = Result<_, Infallible>> + Send>> = match is_chunked {
                false => Box::pin(answered),
                true => Box::pin(answered.map_ok(closing)),
            };
            answer
        });
        let mut connection = self.protocol().serve_connection(TokioIo::new(stream), service);
        let mut stopping = false;
        let ended = loop {
            tokio::select! {
                ended = &mut connection => break ended,
                () = self.shutdown.cancelled(), if !stopping => {
                    stopping = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        // The client causes connection errors: it disconnected or sent no HTTP. Only a late head gets an answer.
        if ended.is_err_and(|error| error.is_timeout()) {
            let parts = connection.into_parts();
            if !parts.read_buf.is_empty() {
                self.tell_too_late(parts.io.into_inner()).await;
            }
        }
    }

    fn protocol(&self) -> http1::Builder {
        let mut protocol = http1::Builder::new();
        protocol
            .timer(TokioTimer::new())
            .header_read_timeout(self.edge.limits.header_read_timeout)
            .max_headers(MAX_HEADERS)
            .max_header_size(MAX_HEAD_BYTES)
            .max_buf_size(BUFFER_BYTES);
        protocol
    }

    async fn tell_too_late(&self, mut stream: ClientStream) {
        let limit_ms = self.edge.limits.header_read_timeout.as_millis();
        let problem = Problem::new(&types::REQUEST_TIMEOUT)
            .detail(format!("the head of the request did not arrive within {limit_ms} ms"));
        // The client may be gone already.
        if stream.write_all(&answer(problem)).await.is_ok() {
            let _ = stream.shutdown().await;
        }
    }

    async fn tell_to_use_tls(&self, mut stream: TcpStream) {
        let problem = Problem::new(&types::MALFORMED_REQUEST).detail("this port speaks TLS: use https");
        let telling = async {
            stream.write_all(&answer(problem)).await?;
            stream.shutdown().await?;
            tokio::io::copy(&mut stream.take(MAX_DISCARDED_BYTES), &mut tokio::io::sink()).await
        };
        // The client may be gone already.
        let _ = tokio::time::timeout(self.edge.limits.header_read_timeout, telling).await;
    }
}

/// Closes the connection after a request in chunks. hyper hides a `Content-Length` that contradicts them. A proxy that
/// believed it has sent, as the rest of this request, what would be read here as another one.
fn closing(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}
