//! Reads events by place: the events of an aggregate through the local index, or the events at given places.

pub(crate) mod era;
mod fold;
pub(crate) mod snapshot;
pub(crate) mod state;

use std::collections::{BTreeMap, BTreeSet};

use async_nats::HeaderMap;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

pub use fold::{Fold, Snapshots};

use crate::{
    AggregateId, AppendError, Commit, EnvelopeError, EventStore, KeyError, Place, RecordedEvent, StreamDefinition,
    commit::decode_some,
    index::{Index, IndexError},
};

/// The maximum number of concurrent reads.
const CONCURRENT_READS: usize = 64;

/// Why events could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The store cannot be reached, or did not answer in time.
    #[error("the event store is unavailable: {0}")]
    Unavailable(String),
    /// A commit cannot be read.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The aggregate's versions are not dense.
    #[error("stream {stream}: the event of version {version} of {aggregate} is missing")]
    Missing {
        /// The stream's name.
        stream: String,
        /// The aggregate's type and id.
        aggregate: String,
        /// The first version that is missing.
        version: u64,
    },
    /// There is no event at a place.
    #[error("stream {stream}: there is no event at {place}")]
    NoEvent {
        /// The stream's name.
        stream: String,
        /// The place.
        place: Place,
    },
    /// The key of an event's sealed fields is unavailable. The error is permanent.
    #[error(transparent)]
    Sealed(#[from] KeyError),
    /// An event's body cannot be opened, or cannot be folded into the aggregate's state.
    #[error("stream {stream}, sequence {sequence}, {aggregate}: {reason}")]
    Body {
        /// The stream's name.
        stream: String,
        /// The sequence of the event's commit.
        sequence: u64,
        /// The aggregate's type and id.
        aggregate: String,
        /// The reason.
        reason: String,
    },
}

impl LoadError {
    /// An error about an event's body.
    pub(crate) fn body(event: &RecordedEvent, reason: String) -> Self {
        Self::Body {
            stream: event.stream.name.to_owned(),
            sequence: event.position,
            aggregate: event.aggregate(),
            reason,
        }
    }

    pub(crate) fn from_append(error: AppendError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<IndexError> for LoadError {
    fn from(error: IndexError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl EventStore {
    /// Loads an aggregate's events, oldest first, as far as this process has followed the stream. An aggregate that
    /// does not exist has none.
    ///
    /// # Errors
    /// The store cannot be reached, or its data is damaged.
    pub async fn load(&self, aggregate: &AggregateId) -> Result<Vec<RecordedEvent>, LoadError> {
        let index = self.index(aggregate.stream()).await.map_err(LoadError::from_append)?;
        self.load_after(aggregate, &index, 0).await
    }

    /// Loads the events of an aggregate after a version.
    pub(crate) async fn load_after(
        &self,
        aggregate: &AggregateId,
        index: &Index,
        version: u64,
    ) -> Result<Vec<RecordedEvent>, LoadError> {
        let places = index.places(aggregate, version)?;
        let events = self.events_at(aggregate.stream(), &places).await?;
        check_dense(&aggregate.to_string(), aggregate.stream(), version, &events)?;
        Ok(events)
    }

    /// Reads the events at these places, in the given order.
    ///
    /// # Errors
    /// The store cannot be reached, a place has no event, or an event cannot be read.
    pub async fn events_at(
        &self,
        stream: &'static StreamDefinition,
        places: &[Place],
    ) -> Result<Vec<RecordedEvent>, LoadError> {
        let mut wanted: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
        for place in places {
            wanted.entry(place.position).or_default().insert(place.index);
        }
        let events: Vec<Vec<RecordedEvent>> = stream::iter(wanted)
            .map(|(position, wanted)| async move {
                match self.message_at(stream, position).await? {
                    Some((_, body)) => Ok(decode_some(stream, position, &body, &wanted)?),
                    None => Ok::<_, LoadError>(Vec::new()),
                }
            })
            .buffer_unordered(CONCURRENT_READS)
            .try_collect()
            .await?;
        let events = events.into_iter().flatten();
        let found: BTreeMap<Place, RecordedEvent> = events.map(|event| (event.place(), event)).collect();
        let in_order = places.iter().map(|place| {
            found.get(place).cloned().ok_or_else(|| LoadError::NoEvent {
                stream: stream.name.to_owned(),
                place: *place,
            })
        });
        in_order.collect()
    }

    /// Reads the commit at a position. Returns `None` if there is none. If a replica does not have the commit, the
    /// stream's leader is asked, because the replica may lag.
    ///
    /// # Errors
    /// The server cannot be asked, or the commit cannot be read.
    pub async fn commit_at(
        &self,
        stream: &'static StreamDefinition,
        position: u64,
    ) -> Result<Option<Commit>, LoadError> {
        let Some((headers, body)) = self.message_at(stream, position).await? else {
            return Ok(None);
        };
        Ok(Some(crate::decode(stream, position, headers.as_ref(), body)?))
    }

    async fn message_at(
        &self,
        stream: &'static StreamDefinition,
        position: u64,
    ) -> Result<Option<(Option<HeaderMap>, Bytes)>, LoadError> {
        let name = self.stream_name(stream);
        let found = self.wire().direct_message(&name, position).await;
        if let Some(message) = found.map_err(LoadError::Unavailable)? {
            return Ok(Some((message.headers, message.payload)));
        }
        let which = serde_json::json!({ "seq": position });
        let found = self.wire().leaders_message(&name, &which).await;
        let found = found.map_err(LoadError::Unavailable)?;
        Ok(found.map(|message| (Some(message.headers), message.payload)))
    }
}

/// Checks that the versions of an aggregate's events are dense after `version`.
fn check_dense(
    aggregate: &str,
    stream: &StreamDefinition,
    version: u64,
    events: &[RecordedEvent],
) -> Result<(), LoadError> {
    for (expected, event) in (version + 1..).zip(events) {
        if event.version != expected || event.aggregate() != aggregate {
            return Err(LoadError::Missing {
                stream: stream.name.to_owned(),
                aggregate: aggregate.to_owned(),
                version: expected,
            });
        }
    }
    Ok(())
}
