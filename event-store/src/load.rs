//! Loading an aggregate: its events, in one round trip.

use async_nats::StatusCode;
use futures_util::StreamExt as _;

use crate::{
    AggregateId, EnvelopeError, EventStore, RecordedEvent,
    subject::{VERSIONS_PER_BUCKET, bucket_of},
};

/// What the server says of a message that it knows of and cannot read. Of no message at all it says something else.
const UNREADABLE: &str = "Message Not Found";

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
        let mut events = Vec::new();
        loop {
            let bucket = bucket_of(events.len() as u64 + 1);
            let mut page = self.load_bucket(aggregate, bucket).await?;
            page.sort_unstable_by_key(|event| event.version);
            events.append(&mut page);
            check_dense(aggregate, &events)?;
            if (events.len() as u64) < (bucket + 1) * VERSIONS_PER_BUCKET {
                break;
            }
        }
        if consistency == Consistency::Leader {
            self.follow_leader(aggregate, &mut events).await?;
        }
        self.note_reached(aggregate, events.len() as u64);
        Ok(events)
    }

    /// Loads the events of one bucket. Large events take several questions: the server ends an answer early that would
    /// outgrow what it keeps for a connection.
    async fn load_bucket(&self, aggregate: &AggregateId, bucket: u64) -> Result<Vec<RecordedEvent>, LoadError> {
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            if !self.wire().is_connected() {
                return Err(LoadError::Unavailable("not connected".to_owned()));
            }
            let known = events.len();
            let complete = tokio::time::timeout(self.wire().timeout(), self.load_page(aggregate, bucket, &mut events))
                .await
                .unwrap_or_else(|_| Err(LoadError::Unavailable("no answer in time".to_owned())))?;
            if complete || events.len() == known {
                return Ok(events);
            }
        }
    }

    /// Asks once for the events of a bucket that follow those that are known. Answers whether there are no more.
    async fn load_page(
        &self,
        aggregate: &AggregateId,
        bucket: u64,
        events: &mut Vec<RecordedEvent>,
    ) -> Result<bool, LoadError> {
        let filter = format!("{}{}", self.subject_prefix(), aggregate.bucket_filter(bucket));
        let from = events.last().map_or(0, |event| event.position + 1);
        let request = serde_json::json!({ "multi_last": [filter], "seq": from, "max_bytes": PAGE_BYTES }).to_string();
        let client = self.wire().client();
        let inbox = client.new_inbox();
        let mut replies = client.subscribe(inbox.clone()).await.map_err(unavailable)?;
        let subject = format!("$JS.API.DIRECT.GET.{}", self.stream_name(aggregate.stream()));
        client
            .publish_with_reply(subject, inbox, request.into())
            .await
            .map_err(unavailable)?;
        while let Some(reply) = replies.next().await {
            match reply.status {
                None | Some(StatusCode::OK) => events.push(self.decode_direct(aggregate, &reply)?),
                // It knows of an event and cannot read it. What came before must not pass for the whole.
                Some(StatusCode::NOT_FOUND) if reply.description.as_deref() == Some(UNREADABLE) => {
                    return Err(missing(
                        aggregate,
                        bucket * VERSIONS_PER_BUCKET + events.len() as u64 + 1,
                    ));
                }
                Some(StatusCode::NOT_FOUND) => return Ok(true),
                // The end of the answer is marked by a message without a body.
                Some(status) if status.as_u16() == 204 => {
                    let pending = reply
                        .headers
                        .as_ref()
                        .and_then(|headers| headers.get_last("Nats-Num-Pending"));
                    return Ok(pending.is_none_or(|pending| pending.as_str() == "0"));
                }
                Some(status) => {
                    let description = reply.description.unwrap_or_default();
                    return Err(LoadError::Unavailable(format!("status {status} {description}")));
                }
            }
        }
        Err(LoadError::Unavailable("the connection was closed".to_owned()))
    }

    fn decode_direct(
        &self,
        aggregate: &AggregateId,
        reply: &async_nats::Message,
    ) -> Result<RecordedEvent, EnvelopeError> {
        let header = |name: &'static str| reply.headers.as_ref().and_then(|headers| headers.get_last(name));
        let sequence = header("Nats-Sequence")
            .and_then(|value| value.as_str().parse().ok())
            .unwrap_or(0);
        let subject = header("Nats-Subject").map_or("", |value| value.as_str());
        self.decode(
            aggregate.stream(),
            subject,
            sequence,
            reply.headers.as_ref(),
            reply.payload.clone(),
        )
    }

    /// Asks the leader for the events after those that are known, one by one. There is usually none, or one.
    async fn follow_leader(&self, aggregate: &AggregateId, events: &mut Vec<RecordedEvent>) -> Result<(), LoadError> {
        let stream = self.stream_name(aggregate.stream());
        loop {
            let subject = format!(
                "{}{}",
                self.subject_prefix(),
                aggregate.subject(events.len() as u64 + 1)
            );
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

fn unavailable(error: impl std::fmt::Display) -> LoadError {
    LoadError::Unavailable(error.to_string())
}

fn check_dense(aggregate: &AggregateId, events: &[RecordedEvent]) -> Result<(), LoadError> {
    match events
        .iter()
        .zip(1..)
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
