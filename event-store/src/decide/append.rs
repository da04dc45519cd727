//! The request, the result and the errors of an append.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use crate::{AggregateId, EventStore, Head, Metadata, PersonalData, StreamDefinition, Undecided, View};

/// The maximum number of events in one append.
pub(crate) const MAX_EVENTS: usize = 1_000;

/// An event to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The event's id.
    pub id: Uuid,
    /// The event type.
    pub event_type: String,
    /// The schema version of its body.
    pub schema_version: u32,
    /// The body: JSON in one line.
    pub data: Bytes,
    /// The personal fields of the body and their data subject. These fields are sealed before the event is published.
    pub personal: Option<PersonalData>,
}

/// New events of one aggregate, and the version that they are based on.
#[derive(Clone, Debug)]
pub struct Write {
    /// The aggregate.
    pub aggregate: AggregateId,
    /// The aggregate's version when the events were decided; 0 if it did not exist. The append conflicts if the
    /// aggregate is at another version.
    pub expected_version: u64,
    /// The events, in order.
    pub events: Vec<NewEvent>,
}

/// Writes to one or more aggregates of one stream, stored atomically.
#[derive(Clone, Debug)]
pub struct Append {
    /// The stream.
    pub stream: &'static StreamDefinition,
    /// The writes, in order.
    pub writes: Vec<Write>,
    /// The metadata of all the events.
    pub metadata: Metadata,
}

/// The result of a durable append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The position of the commit.
    pub position: u64,
    /// The new head of each aggregate, in the order of the writes.
    pub heads: Vec<Head>,
}

/// Why nothing was stored, or why the outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// An aggregate is not at its expected version. Nothing was stored: load it again and decide again.
    #[error("an aggregate has changed since it was loaded")]
    Conflict,
    /// The queue is full. Nothing was stored.
    #[error("too many commands are waiting")]
    Overloaded,
    /// The store cannot be reached or has no leader, or this process lags behind it. Nothing was stored.
    #[error("the event store is unavailable: {0}")]
    Unavailable(String),
    /// An event holds personal data of a person whose key has been destroyed. Nothing was stored.
    #[error("the data subject has been erased")]
    DataSubjectErased,
    /// The stream, the account or the server has reached its limit. Nothing was stored. Nothing is dropped to make
    /// room: the limit has to be raised.
    #[error("the event store is full: {0}")]
    Full(String),
    /// The commit was sent, no answer came, and the stream could not be asked. The commit may have been stored, or
    /// may still be.
    #[error("it is not known whether the events were stored")]
    OutcomeUnknown,
    /// The store will never accept the events in this form. Nothing was stored.
    #[error("the events were refused: {0}")]
    Refused(String),
    /// The stored data cannot be read, so no decision can be based on it. Nothing was stored.
    #[error("the event store is damaged: {0}")]
    Damaged(String),
}

impl EventStore {
    /// Stores new events atomically, if every aggregate is at its expected version. Returns when they are durable.
    ///
    /// # Errors
    /// The events were not stored. The exception is [`AppendError::OutcomeUnknown`]: it is not known whether they
    /// were.
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let Append {
            stream,
            writes,
            metadata,
        } = append;
        let count: usize = writes.iter().map(|write| write.events.len()).sum();
        if count == 0 || count > MAX_EVENTS {
            return Err(AppendError::Refused(format!(
                "an append holds 1 to {MAX_EVENTS} events, not {count}"
            )));
        }
        for (index, write) in writes.iter().enumerate() {
            if writes[..index].iter().any(|other| other.aggregate == write.aggregate) {
                return Err(AppendError::Refused(format!(
                    "an append holds one write of an aggregate, and {} has two",
                    write.aggregate
                )));
            }
        }
        let writes = Arc::new(writes);
        let decided = self
            .decide(stream, move |view| append_in(view, &writes, &metadata))
            .await?;
        let position = decided.position;
        let heads = decided.outcome?.into_iter().map(|head| Head { position, ..head });
        Ok(Appended {
            position,
            heads: heads.collect(),
        })
    }
}

fn append_in(
    view: &mut View<'_>,
    writes: &[Write],
    metadata: &Metadata,
) -> Result<Result<Vec<Head>, AppendError>, Undecided> {
    let mut heads = Vec::with_capacity(writes.len());
    for write in writes {
        if write.aggregate.stream() != view.stream() {
            return Err(AppendError::Refused("an append stays within one stream".to_owned()).into());
        }
        if view.head(&write.aggregate)?.version != write.expected_version {
            return Ok(Err(AppendError::Conflict));
        }
    }
    for write in writes {
        heads.push(view.append_events(&write.aggregate, write.events.clone(), metadata)?);
    }
    Ok(Ok(heads))
}
