//! The HTTP/1.1 server: bounded connections, timeouts for half-sent requests, and a bounded shutdown. `axum::serve`
//! has none of these limits; half-sent heads would stay open for ever.

use std::{convert::Infallible, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{
    hyper_answers::{ClientStream, answer},
    layers::{HttpLimits, layers},
    problem::{Problem, types},
};
use platform::Shutdown;

const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
const BUFFER_BYTES: usize = 64 * 1024;
/// The pause after the operating system refused to hand over a connection, for example without free file handles.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

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

/// Serves `app` with its [`layers`] until shutdown. Requests in progress may then take at most
/// [`HttpLimits::shutdown_grace`].
///
/// A half-sent head is answered with 408 after [`HttpLimits::header_read_timeout`]; an idle connection is closed
/// without an answer. A half-sent body is answered with 408 after [`HttpLimits::request_timeout`].
pub async fn serve(listener: TcpListener, app: Router, limits: HttpLimits, shutdown: Shutdown) -> Drained {
    let server = Server {
        app: layers(app, &limits),
        free: Arc::new(Semaphore::new(limits.max_connections)),
        open: TaskTracker::new(),
        cut: CancellationToken::new(),
        limits,
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
    limits: HttpLimits,
    shutdown: Shutdown,
    free: Arc<Semaphore>,
    open: TaskTracker,
    cut: CancellationToken,
}

impl Server {
    async fn accept_for_ever(&self, listener: &TcpListener) {
        // The semaphore is never closed, so a permit always comes.
        while let Ok(permit) = Arc::clone(&self.free).acquire_owned().await {
            let (stream, peer) = accept(listener).await;
            let connection = Connection {
                app: self.app.clone(),
                limits: self.limits.clone(),
                shutdown: self.shutdown.clone(),
                peer,
                _permit: permit,
            };
            let cut = self.cut.clone();
            self.open
                .spawn(async move { cut.run_until_cancelled(connection.run(stream)).await });
        }
    }

    async fn drain(&self) -> Drained {
        self.open.close();
        if tokio::time::timeout(self.limits.shutdown_grace, self.open.wait())
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

/// Accepts the next connection. An error concerns one connection or is temporary, so it must not end the server.
pub async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The client disconnected before it was accepted.
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

struct Connection {
    app: Router,
    limits: HttpLimits,
    shutdown: Shutdown,
    peer: SocketAddr,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    async fn run(self, stream: TcpStream) {
        // A response is written at once, so waiting to fill a packet would only delay it. If the call fails, the
        // socket is closed already, which the first read reports.
        let _ = stream.set_nodelay(true);
        let stream = ClientStream::new(stream, self.limits.request_timeout);
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(self.peer));
            let answer: Pin<Box<dyn Future<Output = Result<_, Infallible>> + Send>> =
                Box::pin(self.app.clone().oneshot(request.map(Body::new)));
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
            .header_read_timeout(self.limits.header_read_timeout)
            .max_headers(MAX_HEADERS)
            .max_header_size(MAX_HEAD_BYTES)
            .max_buf_size(BUFFER_BYTES);
        protocol
    }

    async fn tell_too_late(&self, mut stream: ClientStream) {
        let limit_ms = self.limits.header_read_timeout.as_millis();
        let problem = Problem::new(&types::REQUEST_TIMEOUT)
            .detail(format!("the head of the request did not arrive within {limit_ms} ms"));
        // The client may be gone already.
        if stream.write_all(&answer(problem)).await.is_ok() {
            let _ = stream.shutdown().await;
        }
    }
}
