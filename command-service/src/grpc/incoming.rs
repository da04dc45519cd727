//! Connections as they come in, at most so many at a time: further ones wait in the operating system's queue. One on which
//! nobody begins to speak is closed, so that it does not keep a place for ever.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, stream};
use platform::http::accept;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Sleep,
};
use tonic::transport::server::Connected;

/// How long a client may take to send the first bytes of HTTP/2 ([`PREFACE_BYTES`]).
const PREFACE_WITHIN: Duration = Duration::from_secs(10);
/// With what every HTTP/2 connection begins. After it the server asks by itself whether a silent client is there.
const PREFACE_BYTES: usize = 24;

/// A connection. Its place is free again when it has been closed.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    awaited: Option<Preface>,
    _permit: OwnedSemaphorePermit,
}

/// The first bytes of a connection, while they are awaited.
#[derive(Debug)]
struct Preface {
    missing_bytes: usize,
    too_late: Pin<Box<Sleep>>,
}

/// The connections that come in, at most `max` at a time.
pub(super) fn connections(listener: TcpListener, max: usize) -> impl Stream<Item = io::Result<Connection>> {
    stream::unfold((listener, Arc::new(Semaphore::new(max))), async |(listener, free)| {
        // The semaphore is never closed, so there is always a permit at some time.
        let permit = Arc::clone(&free).acquire_owned().await.ok()?;
        let (stream, _) = accept(&listener).await;
        // An answer is written at once. A socket that refuses is closed already, which the first read will tell.
        let _ = stream.set_nodelay(true);
        let awaited = Preface {
            missing_bytes: PREFACE_BYTES,
            too_late: Box::pin(tokio::time::sleep(PREFACE_WITHIN)),
        };
        let connection = Connection {
            stream,
            awaited: Some(awaited),
            _permit: permit,
        };
        Some((Ok(connection), (listener, free)))
    })
}

impl Connected for Connection {
    type ConnectInfo = Option<SocketAddr>;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.stream.peer_addr().ok()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Some(preface) = &mut self.awaited else {
            return read;
        };
        preface.missing_bytes = preface.missing_bytes.saturating_sub(buffer.filled().len() - before);
        if preface.missing_bytes == 0 {
            self.awaited = None;
        } else if read.is_pending() && preface.too_late.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
