//! An event that this process holds, and the ways to let go of it.

use std::time::Duration;

use async_nats::{
    Message,
    jetstream::{self, AckKind},
};
use bytes::Bytes;

use super::DurableError;
use crate::{EnvelopeError, EventStore, RecordedEvent, StreamDefinition};

/// An event that was handed to this process, and is held for it until it is acknowledged, given back, or its time is
/// over. Dropping it does nothing: the event comes again when its time is over.
#[derive(Debug)]
pub struct Delivery {
    /// The event. A message that cannot be read as one says where it stands: acknowledge it to skip it, or have it tried
    /// again.
    pub event: Result<RecordedEvent, EnvelopeError>,
    /// Its position in the stream.
    pub position: u64,
    /// How often it has been handed out, this time included, to any process.
    pub attempt: u64,
    store: EventStore,
    stream: String,
    name: String,
    reply_to: String,
}

impl Delivery {
    pub(super) fn open(
        store: &EventStore,
        definition: &'static StreamDefinition,
        name: &str,
        message: Message,
    ) -> Result<Self, DurableError> {
        let stream = store.stream_name(definition);
        let message = jetstream::Message {
            message,
            context: store.context().clone(),
        };
        let (position, attempt) = match message.info() {
            Ok(info) => (info.stream_sequence, info.delivered.unsigned_abs()),
            Err(error) => {
                return Err(DurableError::Refused {
                    stream,
                    name: name.to_owned(),
                    reason: error.to_string(),
                });
            }
        };
        let message = message.message;
        let event = store.decode(
            definition,
            &message.subject,
            position,
            message.headers.as_ref(),
            message.payload,
        );
        Ok(Self {
            event,
            position,
            attempt,
            store: store.clone(),
            stream,
            name: name.to_owned(),
            reply_to: message.reply.map(|reply| reply.to_string()).unwrap_or_default(),
        })
    }

    /// Says that the event has been handled, and waits until the server confirms it. It does not come again, with one
    /// exception: a server that is killed within a tenth of a second or so, and keeps the only copy of the stream,
    /// forgets it.
    ///
    /// # Errors
    /// The server did not confirm it. The event comes again, or the server has taken it all the same.
    pub async fn ack(&self) -> Result<(), DurableError> {
        self.settle(AckKind::Ack).await
    }

    /// Gives the event back, to come again after some time: to any process, and before all others if one event is held
    /// at a time.
    ///
    /// # Errors
    /// The server did not confirm it. The event comes again when its time is over.
    pub async fn retry(&self, after: Duration) -> Result<(), DurableError> {
        self.settle(AckKind::Nak(Some(after))).await
    }

    /// Asks for more time: the event is held for as long again as it was at the beginning.
    ///
    /// # Errors
    /// The server did not confirm it. The event may come again.
    pub async fn in_progress(&self) -> Result<(), DurableError> {
        self.settle(AckKind::Progress).await
    }

    /// Acknowledges an event that nobody wants. If that is lost, it comes again and is skipped again.
    pub(super) async fn skip(&self) {
        let client = self.store.wire().client();
        let _ = client.publish(self.reply_to.clone(), AckKind::Ack.into()).await;
    }

    /// Tells the server and waits for its answer. The client's own way takes the news that nobody listens for one.
    async fn settle(&self, kind: AckKind) -> Result<(), DurableError> {
        let wire = self.store.wire();
        let told = wire.client().request(self.reply_to.clone(), Bytes::from(kind));
        let outcome = match tokio::time::timeout(wire.timeout(), told).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        Err(DurableError::Unavailable {
            stream: self.stream.clone(),
            name: self.name.clone(),
            reason: outcome,
        })
    }
}
