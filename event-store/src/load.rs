//! Loading an aggregate: its events, in one round trip.

use async_nats::StatusCode;
use futures_util::StreamExt as _;

use crate::{
    AggregateId, EnvelopeError, EventStore, RecordedEvent,
    subject::{VERSIONS_PER_BUCKET, bucket_of},
};

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
    /// The aggregate's versions are not dense: an event is missing.
    #[error("stream {stream}: {aggregate} has no event of version {version}, but a later one")]
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
        Ok(events)
    }

    async fn load_bucket(&self, aggregate: &AggregateId, bucket: u64) -> Result<Vec<RecordedEvent>, LoadError> {
        let filter = format!("{}{}", self.subject_prefix(), aggregate.bucket_filter(bucket));
        let request = serde_json::json!({ "multi_last": [filter] }).to_string();
        let client = self.wire().client();
        let ask = async {
            let inbox = client.new_inbox();
            let mut replies = client.subscribe(inbox.clone()).await.map_err(unavailable)?;
            let subject = format!("$JS.API.DIRECT.GET.{}", self.stream_name(aggregate.stream()));
            client
                .publish_with_reply(subject, inbox, request.into())
                .await
                .map_err(unavailable)?;
            let mut events = Vec::new();
            while let Some(reply) = replies.next().await {
                match reply.status {
                    None | Some(StatusCode::OK) => events.push(self.decode_direct(aggregate, &reply)?),
                    Some(StatusCode::NOT_FOUND) => return Ok(events),
                    // The end of the answer is marked by a message without a body.
                    Some(status) if status.as_u16() == 204 => return Ok(events),
                    Some(status) => {
                        let description = reply.description.unwrap_or_default();
                        return Err(LoadError::Unavailable(format!("status {status} {description}")));
                    }
                }
            }
            Err(LoadError::Unavailable("the connection was closed".to_owned()))
        };
        if !self.wire().is_connected() {
            return Err(LoadError::Unavailable("not connected".to_owned()));
        }
        tokio::time::timeout(self.wire().timeout(), ask)
            .await
            .unwrap_or_else(|_| Err(LoadError::Unavailable("no answer in time".to_owned())))
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
        Some((_, version)) => Err(LoadError::Missing {
            stream: aggregate.stream().name.to_owned(),
            aggregate: aggregate.to_string(),
            version,
        }),
    }
}
