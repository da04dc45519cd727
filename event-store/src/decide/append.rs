//! What an append asks for, and what can come of it.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use crate::{AggregateId, EventStore, Head, Metadata, PersonalData, StreamDefinition, Undecided, View};

/// The most events that one append can hold.
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
    /// Its body: JSON, in one line.
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
    /// is at another one.
    pub expected_version: u64,
    /// The events, in order.
    pub events: Vec<NewEvent>,
}

/// Writes to one or more aggregates of one stream that are stored together or not at all.
#[derive(Clone, Debug)]
pub struct Append {
    /// The stream.
    pub stream: &'static StreamDefinition,
    /// The writes, in order.
    pub writes: Vec<Write>,
    /// What is true of all the events.
    pub metadata: Metadata,
}

/// A durable append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The position of its commit.
    pub position: u64,
    /// Where each aggregate stands now, in the order of the writes.
    pub heads: Vec<Head>,
}

/// Why something was not, or may not have been, stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// An aggregate is not at its expected version. Nothing was stored: load it again and decide again.
    #[error("an aggregate has changed since it was loaded")]
    Conflict,
    /// More commands are waiting than the queue holds. Nothing was stored.
    #[error("too many commands are waiting")]
    Overloaded,
    /// The store cannot be reached, has no leader, or this process is behind it. Nothing was stored.
    #[error("the event store is unavailable: {0}")]
    Unavailable(String),
    /// An event holds personal data of somebody whose key has been destroyed. Nothing was stored.
    #[error("the data subject has been erased")]
    DataSubjectErased,
    /// The stream, the account or the server is at its limit. Nothing was stored, and nothing is dropped to make room:
    /// the limit has to be raised.
    #[error("the event store is full: {0}")]
    Full(String),
    /// It was sent and its answer never came, nor could the stream be asked: it is stored or not, or will be.
    #[error("it is not known whether the events were stored")]
    OutcomeUnknown,
    /// The store will never take it as it is. Nothing was stored.
    #[error("the events were refused: {0}")]
    Refused(String),
    /// What the store holds cannot be read, so nothing can be decided on it. Nothing was stored.
    #[error("the event store is damaged: {0}")]
    Damaged(String),
}

impl EventStore {
    /// Stores new events: all of them or none, if every aggregate is at its expected version. Answers when they are
    /// durable.
    ///
    /// # Errors
    /// They were not stored, except for [`AppendError::OutcomeUnknown`], which says that this is not known.
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
