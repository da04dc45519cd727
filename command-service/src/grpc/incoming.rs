//! Incoming connections, limited in number: further ones wait in the operating system's queue. A client that does not
//! finish its TLS handshake or start HTTP/2 in time is disconnected, so that it does not hold a slot for ever.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _, stream};
use http_edge::{Listener, Transport};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Sleep,
};
use tonic::transport::server::Connected;

/// The length of the HTTP/2 connection preface. After the preface, the server detects silent clients by itself.
const PREFACE_BYTES: usize = 24;

/// A connection. Its slot is released when it is closed.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Transport,
    peer: SocketAddr,
    awaited: Option<Preface>,
    _permit: OwnedSemaphorePermit,
}

/// The preface of a connection, until it has arrived.
#[derive(Debug)]
struct Preface {
    missing_bytes: usize,
    too_late: Pin<Box<Sleep>>,
}

/// Accepts at most `max` connections at a time. Each client must send the HTTP/2 preface within `begin_within`. Handshakes
/// run side by side, so that a slow one holds up nobody else.
pub(super) fn connections(
    listener: Listener,
    max: usize,
    begin_within: Duration,
) -> impl Stream<Item = io::Result<Connection>> {
    let free = Arc::new(Semaphore::new(max));
    let accepted = stream::unfold((listener, free), |(listener, free)| async move {
        // The semaphore is never closed, so a permit always comes.
        let permit = Arc::clone(&free).acquire_owned().await.ok()?;
        let accepted = listener.accept().await;
        Some(((accepted, permit), (listener, free)))
    });
    let opened = accepted.map(move |(accepted, permit)| async move {
        let peer = accepted.peer();
        // The client caused the error: it speaks no TLS, or too slowly.
        let stream = accepted.open().await.ok()?;
        let awaited = Preface {
            missing_bytes: PREFACE_BYTES,
            too_late: Box::pin(tokio::time::sleep(begin_within)),
        };
        Some(Connection {
            stream,
            peer,
            awaited: Some(awaited),
            _permit: permit,
        })
    });
    opened
        .buffer_unordered(max)
        .filter_map(|connection| std::future::ready(connection.map(Ok)))
}

impl Connected for Connection {
    type ConnectInfo = SocketAddr;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.peer
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

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// The first connection, to which a client has sent these bytes, and the client.
    async fn accepted(sent: &[u8], begin_within: Duration) -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut client = TcpStream::connect(address).await.expect("a connection");
        client.write_all(sent).await.expect("sent");
        let mut connections = Box::pin(connections(listener.into(), 1, begin_within));
        let connection = connections.next().await.expect("one").expect("accepted");
        (connection, client)
    }

    #[tokio::test]
    async fn a_client_that_does_not_begin_in_time_is_closed() {
        for begun in ["", "PRI * HTTP/2.0"] {
            let (mut connection, _client) = accepted(begun.as_bytes(), Duration::from_millis(1)).await;
            let ended = connection.read_to_end(&mut Vec::new()).await;
            assert_eq!(ended.expect_err("closed").kind(), io::ErrorKind::TimedOut, "{begun:?}");
        }
    }

    #[tokio::test]
    async fn a_client_that_has_begun_may_be_silent() {
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        let (mut connection, client) = accepted(preface, Duration::from_secs(60)).await;
        let mut read = [0; PREFACE_BYTES];
        connection.read_exact(&mut read).await.expect("the preface");
        assert!(connection.awaited.is_none(), "the timeout no longer applies");
        drop(client);
        let rest = connection.read_to_end(&mut Vec::new()).await;
        assert_eq!(rest.expect("the end"), 0);
    }
}
