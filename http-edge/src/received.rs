//! A request body that records whether it has arrived completely. When a request times out, this tells a slow client
//! from a slow server.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// Whether the last byte of a body has been read.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrived(Arc<AtomicBool>);

impl Arrived {
    pub(super) fn yet(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn note(&self, at_end: bool) {
        if at_end {
            self.0.store(true, Ordering::Release);
        }
    }
}

#[derive(Debug)]
pub(super) struct Received {
    body: Body,
    arrived: Arrived,
}

impl Received {
    pub(super) fn new(body: Body) -> (Self, Arrived) {
        let arrived = Arrived::default();
        arrived.note(body.is_end_stream());
        (
            Self {
                body,
                arrived: arrived.clone(),
            },
            arrived,
        )
    }
}

impl HttpBody for Received {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(frame) = &frame {
            self.arrived.note(frame.is_none() || self.body.is_end_stream());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
