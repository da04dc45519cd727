//! What an append asks for, and what can come of it.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    AggregateId, EventHash, Metadata, PersonalData, RecordedEvent, StreamDefinition,
    envelope::{self, Sealed},
    wire::Message,
};

/// The most events that one append can hold: a JetStream batch holds no more.
pub(crate) const MAX_EVENTS: usize = 1_000;

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
    /// What of it is personal, and whose it is. That is sealed before it is published.
    pub personal: Option<PersonalData>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The stream sequence of its last event.
    pub position: u64,
    /// Where each aggregate stands now, in the order of the writes.
    pub heads: Vec<Head>,
}

/// Where an aggregate stands: its last event, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The aggregate's version; 0 when it does not exist.
    pub version: u64,
    /// The hash of its last event.
    pub hash: EventHash,
    /// The stream sequence of its last event; 0 when it has none.
    pub position: u64,
}

impl Head {
    /// Where an aggregate stands that does not exist.
    pub const NONE: Self = Self {
        version: 0,
        hash: EventHash::GENESIS,
        position: 0,
    };

    /// Where an aggregate stands after an event.
    #[must_use]
    pub fn of(event: &RecordedEvent) -> Self {
        Self {
            version: event.version,
            hash: event.hash(),
            position: event.position,
        }
    }
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
    /// An event holds personal data of somebody whose key has been destroyed. Nothing was stored.
    #[error("the data subject has been erased")]
    DataSubjectErased,
    /// The stream, the account or the server is at its limit. Nothing was stored, and nothing is dropped to make room:
    /// the limit has to be raised.
    #[error("the event store is full: {0}")]
    Full(String),
    /// The append was sent and its answer never came, nor could the stream be asked: it is stored or not, or will be.
    #[error("it is not known whether the append was stored")]
    OutcomeUnknown,
    /// The store will never take the append as it is. Nothing was stored.
    #[error("the append was refused: {0}")]
    Refused(String),
}

impl Append {
    /// Turns the append into messages, in order, and says where it will leave each aggregate. A head's position counts
    /// from the append's first event, until it is known where that comes to lie.
    pub(crate) fn into_messages(
        self,
        source: &str,
        subject_prefix: &str,
        sealed: &HashMap<Uuid, Sealed>,
    ) -> Result<(Vec<Message>, Vec<Head>), AppendError> {
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
        let mut heads = Vec::with_capacity(self.writes.len());
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
                let (headers, hash) = envelope::encode(
                    source,
                    &write.aggregate,
                    version,
                    previous,
                    event,
                    sealed.get(&event.id),
                    &self.metadata,
                );
                messages.push(Message {
                    subject: format!("{subject_prefix}{}", write.aggregate.subject(version)).into(),
                    event_id: event.id,
                    headers,
                    payload: event.data.clone(),
                });
                previous = hash;
            }
            heads.push(Head {
                version: write.expected_version + write.events.len() as u64,
                hash: previous,
                position: messages.len() as u64,
            });
        }
        Ok((messages, heads))
    }
}
