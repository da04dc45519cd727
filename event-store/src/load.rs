//! Loading an aggregate: its events, in one round trip, or those of them that are not known yet.

use crate::{
    AggregateId, EnvelopeError, EventStore, Head, KeyError, RecordedEvent,
    direct::{self, End, Found},
    subject::{VERSIONS_PER_BUCKET, bucket_of, of_event},
};

/// How much the server hands out in one answer. Nearly every aggregate fits; of a larger one each page has the whole of
/// the request's time, and no answer is so large that the server takes this client for one that does not read.
const PAGE_BYTES: u64 = 4 << 20;

/// Which copy of the stream answers a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// Any replica. It may lag; an append decided on stale events then conflicts.
    Any,
    /// The stream's leader has the last word: what a replica did not show yet is asked of it, event by event. For
    /// after a conflict.
    Leader,
}

/// How much of an aggregate is known already: its version, and the position of the event that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) version: u64,
    pub(crate) position: u64,
}

impl Known {
    pub(crate) const NOTHING: Self = Self {
        version: 0,
        position: 0,
    };
}

/// Why an aggregate could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The store cannot be reached, or did not answer in time.
    #[error("the event store is unavailable: {0}")]
    Unavailable(String),
    /// An event of the aggregate cannot be read.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The aggregate's versions are not dense, or the server cannot find an event that it knows of: it is lost.
    #[error("stream {stream}: the event of version {version} of {aggregate} is missing")]
    Missing {
        /// The stream's name.
        stream: String,
        /// The aggregate's type and id.
        aggregate: String,
        /// The first version that is missing.
        version: u64,
    },
    /// The key of an event's sealed fields cannot be had. It does not pass.
    #[error(transparent)]
    Sealed(#[from] KeyError),
    /// An event's body cannot be opened, or cannot be folded into the aggregate's state.
    #[error("stream {stream}, sequence {sequence}, subject {subject}: {reason}")]
    Body {
        /// The stream's name.
        stream: String,
        /// The event's sequence.
        sequence: u64,
        /// The event's subject, without a namespace.
        subject: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl LoadError {
    /// What is wrong with an event's body.
    pub(crate) fn body(event: &RecordedEvent, reason: String) -> Self {
        Self::Body {
            stream: event.stream.name.to_owned(),
            sequence: event.position,
            subject: of_event(event),
            reason,
        }
    }
}

impl EventStore {
    /// Loads an aggregate's events, oldest first. An aggregate that does not exist has none.
    ///
    /// # Errors
    /// The store cannot be reached, or what it holds is damaged.
    pub async fn load(
        &self,
        aggregate: &AggregateId,
        consistency: Consistency,
    ) -> Result<Vec<RecordedEvent>, LoadError> {
        self.load_after(aggregate, Known::NOTHING, consistency).await
    }

    /// Whether any replica shows, or may hold, an event of an aggregate behind those that are known.
    pub(crate) async fn may_have_gone_on(&self, aggregate: &AggregateId, known: Known) -> Result<bool, LoadError> {
        match self.successors(aggregate.stream()) {
            Some(successors) if known.version > 0 => {
                let next = format!("{}{}", self.subject_prefix(), aggregate.subject(known.version + 1));
                successors.may_exist(next).await.map_err(LoadError::Unavailable)
            }
            _ => Ok(true),
        }
    }

    /// Loads the events that follow those that are known.
    pub(crate) async fn load_after(
        &self,
        aggregate: &AggregateId,
        known: Known,
        consistency: Consistency,
    ) -> Result<Vec<RecordedEvent>, LoadError> {
        let mut events = Vec::new();
        loop {
            let version = known.version + events.len() as u64;
            let position = events
                .last()
                .map_or(known.position, |event: &RecordedEvent| event.position);
            let bucket = bucket_of(version + 1);
            let mut page = self.load_bucket(aggregate, bucket, Known { version, position }).await?;
            page.sort_unstable_by_key(|event| event.version);
            events.append(&mut page);
            check_dense(aggregate, known.version, &events)?;
            if known.version + (events.len() as u64) < (bucket + 1) * VERSIONS_PER_BUCKET {
                break;
            }
        }
        if consistency == Consistency::Leader {
            self.follow_leader(aggregate, known.version, &mut events).await?;
        }
        self.note_reached(aggregate, events.len() as u64);
        Ok(events)
    }

    /// Whether an aggregate's event of a head's version stands in the stream as the head says.
    pub(crate) async fn stands_in_stream(&self, aggregate: &AggregateId, head: Head) -> Result<bool, LoadError> {
        let subject = format!("{}{}", self.subject_prefix(), aggregate.subject(head.version));
        let request = serde_json::json!({ "multi_last": [subject] });
        let found = self
            .wire()
            .direct_get(&self.stream_name(aggregate.stream()), &request)
            .await
            .map_err(LoadError::Unavailable)?;
        let Some(message) = found.messages.into_iter().next() else {
            return Ok(false);
        };
        Ok(Head::of(&self.decode_direct(aggregate, message)?) == head)
    }

    fn decode_direct(
        &self,
        aggregate: &AggregateId,
        message: async_nats::Message,
    ) -> Result<RecordedEvent, EnvelopeError> {
        self.decode(
            aggregate.stream(),
            direct::subject(&message),
            direct::sequence(&message),
            message.headers.as_ref(),
            message.payload.clone(),
        )
    }

    /// Loads the events of one bucket. Large events take several questions: the server ends an answer early that would
    /// outgrow what it keeps for a connection.
    async fn load_bucket(
        &self,
        aggregate: &AggregateId,
        bucket: u64,
        mut known: Known,
    ) -> Result<Vec<RecordedEvent>, LoadError> {
        let stream = self.stream_name(aggregate.stream());
        let filter = format!("{}{}", self.subject_prefix(), aggregate.bucket_filter(bucket));
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            let request =
                serde_json::json!({ "multi_last": [filter], "seq": known.position + 1, "max_bytes": PAGE_BYTES });
            let Found { messages, end } = self
                .wire()
                .direct_get(&stream, &request)
                .await
                .map_err(LoadError::Unavailable)?;
            known.version += messages.len() as u64;
            known.position = messages.last().map_or(known.position, direct::sequence);
            let nothing_new = messages.is_empty();
            for message in messages {
                events.push(self.decode_direct(aggregate, message)?);
            }
            match end {
                // What came before must not pass for the whole.
                End::Unreadable => return Err(missing(aggregate, known.version + 1)),
                End::More if !nothing_new => {}
                End::Complete | End::More => return Ok(events),
            }
        }
    }

    /// Asks the leader for the events after those that are known, one by one. There is usually none, or one.
    async fn follow_leader(
        &self,
        aggregate: &AggregateId,
        known_version: u64,
        events: &mut Vec<RecordedEvent>,
    ) -> Result<(), LoadError> {
        let stream = self.stream_name(aggregate.stream());
        loop {
            let version = known_version + events.len() as u64 + 1;
            let subject = format!("{}{}", self.subject_prefix(), aggregate.subject(version));
            let found = self
                .wire()
                .leaders_copy(&stream, &subject)
                .await
                .map_err(LoadError::Unavailable)?;
            let Some(message) = found else { return Ok(()) };
            events.push(self.decode(
                aggregate.stream(),
                &message.subject,
                message.sequence,
                Some(&message.headers),
                message.payload,
            )?);
        }
    }
}

fn check_dense(aggregate: &AggregateId, known_version: u64, events: &[RecordedEvent]) -> Result<(), LoadError> {
    match events
        .iter()
        .zip(known_version + 1..)
        .find(|(event, version)| event.version != *version)
    {
        None => Ok(()),
        Some((_, version)) => Err(missing(aggregate, version)),
    }
}

fn missing(aggregate: &AggregateId, version: u64) -> LoadError {
    LoadError::Missing {
        stream: aggregate.stream().name.to_owned(),
        aggregate: aggregate.to_string(),
        version,
    }
}
