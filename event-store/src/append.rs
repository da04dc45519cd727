//! What an append asks for, and what can come of it.

use std::collections::HashSet;

use bytes::Bytes;
use uuid::Uuid;

use crate::{AggregateId, EventHash, Metadata, StreamDefinition, envelope, wire::Message};

/// The most events that one append can hold: a JetStream batch holds no more.
const MAX_EVENTS: usize = 1_000;

/// An event that is not in a stream yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its own id.
    pub id: Uuid,
    /// Its published name.
    pub event_type: String,
    /// The version of its body's schema.
    pub schema_version: u32,
    /// Its body: JSON.
    pub data: Bytes,
}

/// New events of one aggregate, and what was known of it when they were decided.
#[derive(Clone, Debug)]
pub struct Write {
    /// The aggregate.
    pub aggregate: AggregateId,
    /// The aggregate's version when the events were decided; 0 when it had none. The append conflicts when the aggregate
    /// has gone on since, and also when it has never come that far.
    pub expected_version: u64,
    /// The hash of its event at that version; [`EventHash::GENESIS`] at version 0.
    pub previous_hash: EventHash,
    /// The events, in order.
    pub events: Vec<NewEvent>,
}

impl Write {
    /// The aggregate and the version it has once the events are stored.
    pub(crate) fn head(&self) -> (AggregateId, u64) {
        let version = self.expected_version + self.events.len() as u64;
        (self.aggregate.clone(), version)
    }
}

/// Writes to one or more aggregates of one stream that are stored together or not at all.
#[derive(Clone, Debug)]
pub struct Append {
    /// The stream.
    pub stream: &'static StreamDefinition,
    /// One write an aggregate.
    pub writes: Vec<Write>,
    /// What is true of all the events.
    pub metadata: Metadata,
}

/// A durable append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The stream sequence of its last event.
    pub position: u64,
}

/// Why an append was not, or may not have been, stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// An aggregate is not at its expected version. Nothing was stored: load it again and decide again.
    #[error("an aggregate has changed since it was loaded")]
    Conflict,
    /// More appends are waiting than the queue holds. Nothing was stored.
    #[error("too many appends are waiting")]
    Overloaded,
    /// The store cannot be reached, or has no leader. Nothing was stored.
    #[error("the event store is unavailable: {0}")]
    Unavailable(String),
    /// The append was sent and its answer never came, nor could the stream be asked: it is stored or not, or will be.
    #[error("it is not known whether the append was stored")]
    OutcomeUnknown,
    /// The store will never take the append as it is. Nothing was stored.
    #[error("the append was refused: {0}")]
    Refused(String),
}

impl Append {
    /// Turns the append into messages, in order.
    pub(crate) fn into_messages(self, source: &str, subject_prefix: &str) -> Result<Vec<Message>, AppendError> {
        let count: usize = self.writes.iter().map(|write| write.events.len()).sum();
        if count == 0 || count > MAX_EVENTS {
            return Err(AppendError::Refused(format!(
                "an append holds 1 to {MAX_EVENTS} events, not {count}"
            )));
        }
        if self.metadata.actor.chars().any(char::is_control) {
            return Err(AppendError::Refused(
                "an actor's id holds no control characters".to_owned(),
            ));
        }
        let mut messages = Vec::with_capacity(count);
        let mut aggregates = HashSet::new();
        for write in &self.writes {
            if !aggregates.insert(&write.aggregate) {
                return Err(AppendError::Refused(format!(
                    "an append holds one write of an aggregate, and {} has two",
                    write.aggregate
                )));
            }
            if write.aggregate.stream() != self.stream {
                return Err(AppendError::Refused("an append stays within one stream".to_owned()));
            }
            let mut previous = write.previous_hash;
            for (version, event) in (write.expected_version + 1..).zip(&write.events) {
                let (headers, hash) =
                    envelope::encode(source, &write.aggregate, version, previous, event, &self.metadata);
                messages.push(Message {
                    subject: format!("{subject_prefix}{}", write.aggregate.subject(version)).into(),
                    event_id: event.id,
                    headers,
                    payload: event.data.clone(),
                });
                previous = hash;
            }
        }
        Ok(messages)
    }
}
