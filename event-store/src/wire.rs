//! The few requests to JetStream that an append needs, spoken directly: a publish that must be the first on its
//! subject, an atomic batch of such publishes, and a look at the stream leader's copy.
//!
//! Nothing here retries. Every answer is one of the outcomes below, and a wait that ended is never taken for a refusal.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_nats::{
    Client, HeaderMap, HeaderValue, Request, RequestError, RequestErrorKind, Subject, ToSubject, connection::State,
    header::HeaderName, jetstream::message::StreamMessage,
};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{api::ApiFault, headers::Headers};

/// What a message may ask for besides: that the stream ends at this sequence. Only a batch's first message can.
pub(crate) static EXPECTED_LAST_SEQUENCE: HeaderName = HeaderName::from_static("Nats-Expected-Last-Sequence");
static EXPECTED_LAST_SUBJECT_SEQUENCE: HeaderName = HeaderName::from_static("Nats-Expected-Last-Subject-Sequence");
static BATCH_ID: HeaderName = HeaderName::from_static("Nats-Batch-Id");
static BATCH_SEQUENCE: HeaderName = HeaderName::from_static("Nats-Batch-Sequence");
static BATCH_COMMIT: HeaderName = HeaderName::from_static("Nats-Batch-Commit");

/// Wrong last sequence: the subject exists.
const WRONG_LAST_SEQUENCE: u64 = 10_071;
/// The same subject is in flight in another publish: it will exist, or may.
const SUBJECT_IN_FLIGHT: u64 = 10_164;
/// Errors that say nothing about the messages: too many open batches, an incomplete batch, no leader yet, and the like.
/// The same request can succeed a moment later.
pub(crate) const TRANSIENT: [u64; 5] = [10_008, 10_009, 10_023, 10_176, 10_210];
/// The account has no room.
const NO_ROOM: [u64; 2] = [10_002, 10_047];
/// The message could not be stored: for what reason, only the description says.
const STORE_FAILED: u64 = 10_077;
/// The stream is at its own limit.
const STREAM_FULL: &str = "maximum bytes exceeded";
/// Errors of a leader that could not store what it had given to the other replicas already: its store is closed, because
/// it is shutting down, or has lost its place. The others may have stored it, or will.
const UNCERTAIN: [u64; 2] = [10_063, 10_077];
/// The share of the time for one exchange that a publish is waited for before the stream is asked what came of it. A
/// leader that has been deposed takes publishes and never answers them.
const PUBLISH_SHARE: u32 = 4;

/// One event ready to be sent.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) subject: Arc<str>,
    pub(crate) event_id: Uuid,
    pub(crate) headers: Headers,
    pub(crate) payload: Bytes,
}

/// What came of a publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Durable. The sequence is the last message's.
    Committed { sequence: u64 },
    /// A subject exists, or is being written: nothing of this publish was stored.
    Conflict,
    /// The server did not take it now, for a reason that passes. Nothing of this publish was stored.
    Transient(String),
    /// There is no room for it, and there will be none until somebody makes some. Nothing of this publish was stored.
    Full(String),
    /// The server will never take it as it is. Nothing of this publish was stored.
    Refused(String),
    /// The server could not be asked. Nothing was sent.
    Unavailable,
    /// It was sent, and no answer came: stored or not, or about to be.
    Unknown,
}

#[derive(Deserialize)]
struct PublishReply {
    #[serde(default)]
    seq: u64,
    error: Option<ApiError>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ApiError {
    #[serde(default)]
    pub(crate) err_code: u64,
    #[serde(default)]
    pub(crate) description: String,
}

fn outcome_of(reply: &[u8]) -> Outcome {
    match serde_json::from_slice::<PublishReply>(reply) {
        Ok(PublishReply { error: None, seq }) if seq > 0 => Outcome::Committed { sequence: seq },
        Ok(PublishReply { error: Some(error), .. }) => match error.err_code {
            WRONG_LAST_SEQUENCE | SUBJECT_IN_FLIGHT => Outcome::Conflict,
            // Before the other reasons that this code stands for, which pass.
            STORE_FAILED if error.description == STREAM_FULL => Outcome::Full(error.description),
            code if NO_ROOM.contains(&code) => Outcome::Full(error.description),
            code if TRANSIENT.contains(&code) => Outcome::Transient(error.description),
            code if UNCERTAIN.contains(&code) => Outcome::Unknown,
            code => Outcome::Refused(format!("{} ({code})", error.description)),
        },
        Ok(_) | Err(_) => Outcome::Unknown,
    }
}

/// Speaks to one JetStream domain.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    client: Client,
    timeout: Duration,
    /// Counts the connections made so far: it changes when a lost one has been replaced.
    connections: watch::Receiver<u64>,
    /// What the ids of this client's batches begin with, and how many there were.
    batch_prefix: Arc<str>,
    batches: Arc<AtomicU64>,
}

impl Wire {
    pub(crate) fn new(client: Client, timeout: Duration, connections: watch::Receiver<u64>) -> Self {
        Self {
            timeout,
            connections,
            batch_prefix: client.new_inbox().replace('.', "-").into(),
            batches: Arc::default(),
            client,
        }
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How long the answer to a publish is waited for.
    pub(crate) fn publish_timeout(&self) -> Duration {
        self.timeout / PUBLISH_SHARE
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Publishes one message that must be the first on its subject.
    pub(crate) async fn publish_one(&self, message: &Message) -> Outcome {
        self.publish_expecting(message, 0).await
    }

    /// Publishes one message whose predecessor on its subject must be at a sequence; 0 when it must have none.
    pub(crate) async fn publish_expecting(&self, message: &Message, sequence: u64) -> Outcome {
        if !self.is_connected() {
            return Outcome::Unavailable;
        }
        let mut headers = message.headers.to_map();
        headers.insert(EXPECTED_LAST_SUBJECT_SEQUENCE.clone(), HeaderValue::from(sequence));
        self.request(Subject::from(&*message.subject), headers, message.payload.clone())
            .await
    }

    /// Opens an atomic batch: of its messages all are stored, each the first on its subject, or none is. One that is
    /// never finished is forgotten by the server.
    pub(crate) fn open_batch(&self) -> Batch<'_> {
        // The prefix is unique everywhere; the count tells this batch from an earlier one that may be open still.
        let id = format!("{}-{}", self.batch_prefix, self.batches.fetch_add(1, Ordering::Relaxed));
        Batch {
            wire: self,
            id,
            connection: *self.connections.borrow(),
            sent: 0,
            refused: None,
        }
    }

    pub(crate) async fn request(&self, subject: Subject, headers: HeaderMap, payload: Bytes) -> Outcome {
        let request = Request::new()
            .headers(headers)
            .payload(payload)
            .timeout(Some(self.publish_timeout()));
        match self.ask(subject, request).await {
            Some(Ok(reply)) if reply.status == Some(async_nats::StatusCode::NO_RESPONDERS) => no_stream(),
            Some(Ok(reply)) => outcome_of(&reply.payload),
            Some(Err(error)) => match error.kind() {
                RequestErrorKind::NoResponders => no_stream(),
                RequestErrorKind::InvalidSubject | RequestErrorKind::MaxPayloadExceeded => {
                    Outcome::Refused(error.to_string())
                }
                RequestErrorKind::TimedOut | RequestErrorKind::Other => Outcome::Unknown,
            },
            None => Outcome::Unknown,
        }
    }

    /// Asks, and waits for the answer, which never comes when the connection is lost meanwhile.
    pub(crate) async fn ask(
        &self,
        subject: impl ToSubject,
        request: Request,
    ) -> Option<Result<async_nats::Message, RequestError>> {
        self.on_this_connection(self.client.send_request(subject, request))
            .await
    }

    /// Waits for something, but no longer than until a lost connection has been replaced: what was asked of the old one
    /// is answered to no one, and waiting until the time is up would only hold up what comes behind.
    pub(crate) async fn on_this_connection<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        let mut connections = self.connections.clone();
        connections.mark_unchanged();
        tokio::select! {
            biased;
            answer = answer => Some(answer),
            Ok(()) = connections.changed() => None,
        }
    }

    /// The message on a subject as the stream's leader has it. The subject is literal and written once.
    pub(crate) async fn leaders_copy(&self, stream: &str, subject: &str) -> Result<Option<StreamMessage>, String> {
        self.leaders_message(stream, &serde_json::json!({ "last_by_subj": subject }))
            .await
    }

    /// Whether the stream's leader can read the message with this sequence.
    pub(crate) async fn leader_has(&self, stream: &str, sequence: u64) -> Result<bool, String> {
        let message = self
            .leaders_message(stream, &serde_json::json!({ "seq": sequence }))
            .await?;
        Ok(message.is_some())
    }

    /// A message as the stream's leader has it. The request says which.
    pub(crate) async fn leaders_message(
        &self,
        stream: &str,
        which: &serde_json::Value,
    ) -> Result<Option<StreamMessage>, String> {
        #[derive(Deserialize)]
        struct Reply {
            message: async_nats::jetstream::stream::RawMessage,
        }
        const NO_MESSAGE_FOUND: u64 = 10_037;
        match self.api::<Reply>(&format!("STREAM.MSG.GET.{stream}"), which).await {
            Ok(reply) => StreamMessage::try_from(reply.message)
                .map(Some)
                .map_err(|error| error.to_string()),
            Err(ApiFault::Refused { code, .. }) if code == NO_MESSAGE_FOUND => Ok(None),
            Err(fault) => Err(fault.to_string()),
        }
    }
}

/// An atomic batch that is being sent.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    wire: &'a Wire,
    id: String,
    /// The connection it was opened on.
    connection: u64,
    /// How many of its messages have been sent.
    sent: usize,
    /// Why one of them cannot be sent.
    refused: Option<String>,
}

impl Batch<'_> {
    /// Whether anything of it has been sent.
    pub(crate) const fn is_begun(&self) -> bool {
        self.sent > 0
    }

    /// Sends what of the messages has not been sent yet, but for the last one, which may turn out to be the batch's last.
    /// Whether that worked shows when the batch is finished.
    pub(crate) async fn send_ahead(&mut self, messages: &[&Message]) {
        if !self.wire.is_connected() || self.refused.is_some() {
            return;
        }
        for message in messages
            .iter()
            .skip(self.sent)
            .take(messages.len().saturating_sub(1 + self.sent))
        {
            self.sent += 1;
            let sent = self
                .wire
                .client
                .publish_with_headers(
                    Subject::from(&*message.subject),
                    self.headers(message),
                    message.payload.clone(),
                )
                .await;
            if let Err(error) = sent {
                self.refused = Some(error.to_string());
                return;
            }
        }
    }

    /// Sends the rest of the messages and has all of them stored. They begin with those that have been sent ahead.
    pub(crate) async fn finish(mut self, messages: &[&Message]) -> Outcome {
        let Some(last) = messages.last() else {
            return Outcome::Refused("a batch needs a message".to_owned());
        };
        if !self.wire.is_connected() {
            return Outcome::Unavailable;
        }
        if *self.wire.connections.borrow() != self.connection {
            return Outcome::Transient("the connection was replaced while the batch was sent".to_owned());
        }
        // The client queues what it cannot send yet; the bound covers that queue too.
        let timeout = self.wire.timeout;
        let send = async {
            self.send_ahead(messages).await;
            if let Some(reason) = self.refused.take() {
                return Outcome::Refused(reason);
            }
            self.sent = messages.len();
            let mut headers = self.headers(last);
            headers.insert(BATCH_COMMIT.clone(), "1");
            self.wire
                .request(Subject::from(&*last.subject), headers, last.payload.clone())
                .await
        };
        tokio::time::timeout(timeout, send).await.unwrap_or(Outcome::Unknown)
    }

    /// The headers of the message that is sent now.
    fn headers(&self, message: &Message) -> HeaderMap {
        let mut headers = message.headers.to_map();
        headers.insert(EXPECTED_LAST_SUBJECT_SEQUENCE.clone(), "0");
        headers.insert(BATCH_ID.clone(), self.id.as_str());
        headers.insert(BATCH_SEQUENCE.clone(), HeaderValue::from(self.sent));
        headers
    }
}

/// No one listens on the subject: the stream has no leader at the moment, or does not exist.
fn no_stream() -> Outcome {
    Outcome::Transient("no stream leader answers".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_its_outcome() {
        let table = [
            (r#"{"stream":"S","seq":7}"#, Outcome::Committed { sequence: 7 }),
            (
                r#"{"stream":"S","seq":9,"batch":"b","count":3}"#,
                Outcome::Committed { sequence: 9 },
            ),
            (
                r#"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 1"}}"#,
                Outcome::Conflict,
            ),
            (
                r#"{"error":{"code":400,"err_code":10164,"description":"in flight"}}"#,
                Outcome::Conflict,
            ),
            (
                r#"{"error":{"code":429,"err_code":10210,"description":"busy"}}"#,
                Outcome::Transient("busy".to_owned()),
            ),
            (
                r#"{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"}}"#,
                Outcome::Full("maximum bytes exceeded".to_owned()),
            ),
            (
                r#"{"error":{"code":400,"err_code":10002,"description":"resource limits exceeded for account"}}"#,
                Outcome::Full("resource limits exceeded for account".to_owned()),
            ),
            (
                r#"{"error":{"code":503,"err_code":10063,"description":"expected stream sequence does not match"}}"#,
                Outcome::Unknown,
            ),
            (
                r#"{"error":{"code":503,"err_code":10077,"description":"store is closed"}}"#,
                Outcome::Unknown,
            ),
            (
                r#"{"error":{"code":400,"err_code":10054,"description":"too big"}}"#,
                Outcome::Refused("too big (10054)".to_owned()),
            ),
            ("", Outcome::Unknown),
            ("{}", Outcome::Unknown),
        ];
        for (reply, expected) in table {
            assert_eq!(outcome_of(reply.as_bytes()), expected, "{reply}");
        }
    }
}
