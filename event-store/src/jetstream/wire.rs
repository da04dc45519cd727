//! The requests to JetStream that a commit needs: a publish with an expected last sequence of the stream, and a publish
//! with an expected last sequence of the subject.
//!
//! A publish is never retried here. Every answer is one of the outcomes below, and a timeout is never taken for a
//! refusal.

use std::time::Duration;

use async_nats::{
    Client, HeaderMap, HeaderValue, Request, RequestError, RequestErrorKind, Subject, ToSubject, connection::State,
    header::HeaderName,
};
use bytes::Bytes;
use serde::Deserialize;
use tokio::{sync::watch, time::Instant};

use crate::commit::Draft;

static EXPECTED_LAST_SEQUENCE: HeaderName = HeaderName::from_static("Nats-Expected-Last-Sequence");
static EXPECTED_LAST_SUBJECT_SEQUENCE: HeaderName = HeaderName::from_static("Nats-Expected-Last-Subject-Sequence");

/// Wrong last sequence: the stream or the subject has advanced.
const WRONG_LAST_SEQUENCE: u64 = 10_071;
/// Another publish on the same subject is in flight, and may be stored.
const SUBJECT_IN_FLIGHT: u64 = 10_164;
/// Errors that are not about the message, such as a missing leader. The same request can succeed a moment later.
pub(crate) const TRANSIENT: [u64; 5] = [10_008, 10_009, 10_023, 10_176, 10_210];
/// The account has no room.
const NO_ROOM: [u64; 2] = [10_002, 10_047];
/// The message could not be stored. Only the description gives the reason.
const STORE_FAILED: u64 = 10_077;
/// The stream has reached its own limit.
const STREAM_FULL: &str = "maximum bytes exceeded";
/// Errors of a leader that could not store a message after it had sent the message to the other replicas: its store
/// is closed because it is shutting down, or it has lost its leadership. The others may have stored it, or may still.
const UNCERTAIN: [u64; 2] = [10_063, 10_077];
/// The share of the request timeout during which temporary faults are retried.
const PATIENCE_SHARE: u32 = 4;
/// The longest wait for one answer before the request is repeated. A leader that stops or has been deposed accepts
/// requests and never answers them.
const EXCHANGE: Duration = Duration::from_secs(1);

/// The outcome of a publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Durable, at this sequence.
    Committed { sequence: u64 },
    /// The condition does not hold. Nothing was stored.
    Conflict,
    /// The server did not accept it, for a temporary reason. Nothing was stored.
    Transient(String),
    /// There is no room, until an operator makes some. Nothing was stored.
    Full(String),
    /// The server will never accept it in this form. Nothing was stored.
    Refused(String),
    /// The server could not be asked. Nothing was sent.
    Unavailable,
    /// It was sent, and no answer came. It may have been stored, or may still be.
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
            // The other reasons for this code are temporary.
            STORE_FAILED if error.description == STREAM_FULL => Outcome::Full(error.description),
            code if NO_ROOM.contains(&code) => Outcome::Full(error.description),
            code if TRANSIENT.contains(&code) => Outcome::Transient(error.description),
            code if UNCERTAIN.contains(&code) => Outcome::Unknown,
            code => Outcome::Refused(format!("{} ({code})", error.description)),
        },
        Ok(_) | Err(_) => Outcome::Unknown,
    }
}

/// Sends requests to one JetStream domain.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    client: Client,
    timeout: Duration,
    /// Counts the connections made so far. The count changes when a lost connection has been replaced.
    connections: watch::Receiver<u64>,
}

impl Wire {
    pub(crate) fn new(client: Client, timeout: Duration, connections: watch::Receiver<u64>) -> Self {
        Self {
            timeout,
            connections,
            client,
        }
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How long temporary faults are retried.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout / PATIENCE_SHARE
    }

    /// How long to wait for the answer to one message.
    pub(crate) fn exchange(&self) -> Duration {
        self.patience().min(EXCHANGE)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Publishes a commit with the expected last sequence of the stream.
    pub(crate) async fn publish_commit(&self, subject: &str, commit: &Draft, expected: u64) -> Outcome {
        if !self.is_connected() {
            return Outcome::Unavailable;
        }
        let mut headers = commit.headers();
        headers.insert(EXPECTED_LAST_SEQUENCE.clone(), HeaderValue::from(expected));
        self.request(Subject::from(subject), headers, commit.body.clone()).await
    }

    /// Publishes a message with the expected last sequence of its subject; 0 if the subject must have no message.
    pub(crate) async fn publish_expecting(
        &self,
        subject: &str,
        mut headers: HeaderMap,
        payload: Bytes,
        sequence: u64,
    ) -> Outcome {
        if !self.is_connected() {
            return Outcome::Unavailable;
        }
        headers.insert(EXPECTED_LAST_SUBJECT_SEQUENCE.clone(), HeaderValue::from(sequence));
        self.request(Subject::from(subject), headers, payload).await
    }

    pub(crate) async fn request(&self, subject: Subject, headers: HeaderMap, payload: Bytes) -> Outcome {
        let request = Request::new()
            .headers(headers)
            .payload(payload)
            .timeout(Some(self.exchange()));
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

    /// Sends a request and waits for the answer. Returns `None` if the connection is lost, because the answer then
    /// never comes.
    pub(crate) async fn ask(
        &self,
        subject: impl ToSubject,
        request: Request,
    ) -> Option<Result<async_nats::Message, RequestError>> {
        self.on_this_connection(self.client.send_request(subject, request))
            .await
    }

    /// Sends a read-only request, with retries until an answer comes or the time is up.
    ///
    /// # Errors
    /// The reason why there is no answer.
    pub(crate) async fn question(&self, subject: Subject, payload: Bytes) -> Result<async_nats::Message, String> {
        let deadline = Instant::now() + self.timeout;
        loop {
            if !self.is_connected() {
                return Err("not connected".to_owned());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let request = Request::new().payload(payload.clone());
            let request = request.timeout(Some(left.min(self.exchange())));
            match self.ask(subject.clone(), request).await {
                Some(Ok(reply)) => return Ok(reply),
                Some(Err(error)) if error.kind() != RequestErrorKind::TimedOut => return Err(error.to_string()),
                Some(Err(_)) | None if Instant::now() >= deadline => return Err("no answer in time".to_owned()),
                Some(Err(_)) | None => {}
            }
        }
    }

    /// Waits for an answer, but only until a lost connection has been replaced. The answer to a request on the old
    /// connection never comes, and waiting for it would hold up later requests.
    pub(crate) async fn on_this_connection<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        let mut connections = self.connections.clone();
        connections.mark_unchanged();
        tokio::select! {
            biased;
            answer = answer => Some(answer),
            Ok(()) = connections.changed() => None,
        }
    }
}

/// The subject has no subscriber: the stream has no leader at the moment, or does not exist.
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
