//! A client's connection, with two corrections to hyper. hyper answers a head that it cannot parse without a body;
//! the client gets a problem document instead. A client that stops reading its response is disconnected after a
//! timeout.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

use crate::{
    problem::{
        CONTENT_TYPE, Problem, ProblemType,
        types::{HEAD_TOO_LARGE, MALFORMED_REQUEST},
    },
    tls::Transport,
};

/// hyper's own responses are a status line and three short headers.
const LONGEST_OWN_ANSWER_BYTES: usize = 256;

/// A connection to a client.
#[derive(Debug)]
pub(super) struct ClientStream {
    stream: Transport,
    write_timeout: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    instead: Option<Instead>,
}

/// A document that is being sent in place of hyper's response.
#[derive(Debug)]
struct Instead {
    bytes: Vec<u8>,
    sent: usize,
}

impl ClientStream {
    pub(super) fn new(stream: Transport, write_timeout: Duration) -> Self {
        Self {
            stream,
            write_timeout,
            stalled: None,
            instead: None,
        }
    }

    /// Turns a write without progress into an error once the time is up.
    fn in_time<T>(&mut self, cx: &mut Context<'_>, progress: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.stalled = None;
            return progress;
        }
        let write_timeout = self.write_timeout;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(write_timeout)));
        stalled.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.instead.is_none() {
            self.instead = kind_of_own_answer(bytes).map(|kind| Instead {
                bytes: answer(Problem::new(kind)),
                sent: 0,
            });
        }
        let Some(instead) = &mut self.instead else {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        };
        while instead.sent < instead.bytes.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &instead.bytes[instead.sent..]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(sent)) => instead.sent += sent,
                other => return other,
            }
        }
        self.instead = None;
        // To hyper it looks as if its own response had been sent.
        Poll::Ready(Ok(bytes.len()))
    }
}

/// The kind of problem for a response that hyper made itself. Our responses always have a body; no other response has
/// one of these statuses and a length of zero.
fn kind_of_own_answer(bytes: &[u8]) -> Option<&'static ProblemType> {
    if bytes.len() > LONGEST_OWN_ANSWER_BYTES {
        return None;
    }
    let head = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
    let empty = head.lines().any(|line| line.eq_ignore_ascii_case("content-length: 0"));
    match head
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..5))
        .filter(|_| empty)?
    {
        "400" => Some(&MALFORMED_REQUEST),
        "414" | "431" => Some(&HEAD_TOO_LARGE),
        _ => None,
    }
}

/// A complete response to a request that never reached the router. It closes the connection.
pub(super) fn answer(problem: Problem) -> Vec<u8> {
    let body = problem.to_bytes();
    let status = problem.status();
    let mut bytes = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: {}\r\nconnection: close\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\n\r\n",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default(),
        body.len(),
    )
    .into_bytes();
    bytes.extend(body);
    bytes
}

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let progress = self.poll_send(cx, bytes);
        self.in_time(cx, progress)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.stream).poll_flush(cx);
        self.in_time(cx, progress)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hypers_own_answers_are_replaced() {
        let cases = [
            (
                "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
                Some("malformed-request"),
            ),
            (
                "HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n",
                Some("head-too-large"),
            ),
            (
                "HTTP/1.1 414 URI Too Long\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
                Some("head-too-large"),
            ),
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}", None),
            ("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\n\r\n", None),
            ("data: x", None),
        ];
        for (bytes, slug) in cases {
            assert_eq!(
                kind_of_own_answer(bytes.as_bytes()).map(|kind| kind.slug),
                slug,
                "{bytes}"
            );
        }
    }
}
