//! A commit: the events of one or more commands in one message, stored atomically.
//!
//! The body is a batch of CloudEvents in JSON (`application/cloudevents-batch+json`). The headers hold the commit's
//! id, the previous commit's hash, and the receipts of commands that carried an idempotency key. Headers hold no
//! personal data.

mod aggregate;
mod event;
mod hash;
mod place;

use std::collections::BTreeSet;

use async_nats::{HeaderMap, HeaderValue, header::HeaderName};
use bytes::Bytes;
use uuid::Uuid;

pub use aggregate::{AggregateId, InvalidToken, check_token};
pub use event::{Metadata, RecordedEvent, Sealed};
pub use hash::CommitHash;
pub use place::{InvalidPlace, Place};

pub(crate) use event::encode;

use crate::StreamDefinition;

static CONTENT_TYPE: HeaderName = HeaderName::from_static("Content-Type");
static COMMIT_ID: HeaderName = HeaderName::from_static("Commit-Id");
static PREVIOUS_HASH: HeaderName = HeaderName::from_static("Previous-Hash");
static RECEIPTS: HeaderName = HeaderName::from_static("Receipts");
const BATCH: &str = "application/cloudevents-batch+json";

/// The record of a command that carried an idempotency key: its commit stores the key together with the outcome.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Receipt {
    /// Identifies the key and its caller.
    pub key: String,
    /// Identifies the request, to detect a different request under the same key.
    pub fingerprint: String,
    /// The outcome, in the caller's own format.
    pub outcome: String,
}

impl Receipt {
    /// The size of the receipt in a commit, including the list around it.
    pub(crate) fn written_bytes(&self) -> usize {
        write_receipts(std::slice::from_ref(self)).len()
    }
}

/// A stored commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The stream that holds it.
    pub stream: &'static StreamDefinition,
    /// Its sequence in the stream, from 1.
    pub position: u64,
    /// The commit's id.
    pub id: Uuid,
    /// The hash of the previous commit.
    pub previous_hash: CommitHash,
    /// The receipts of commands that carried an idempotency key.
    pub receipts: Vec<Receipt>,
    /// The events, in order. A commit with receipts can have none.
    pub events: Vec<RecordedEvent>,
    /// The receipts as serialized; empty if there are none.
    receipts_text: String,
    /// The body as stored.
    body: Bytes,
}

/// A message in the stream is not a commit of this store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stream {stream}, sequence {sequence}: {reason}")]
pub struct EnvelopeError {
    /// The stream's name.
    pub stream: String,
    /// The message's sequence.
    pub sequence: u64,
    /// Why it is not a commit.
    pub reason: String,
}

/// A commit ready to be published.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) id: Uuid,
    pub(crate) previous_hash: CommitHash,
    pub(crate) receipts: String,
    pub(crate) body: Bytes,
}

impl Draft {
    /// Creates a commit of events that are already encoded.
    pub(crate) fn new(previous_hash: CommitHash, receipts: &[Receipt], body: Bytes) -> Self {
        Self {
            id: new_id(),
            previous_hash,
            receipts: write_receipts(receipts),
            body,
        }
    }

    /// The commit's hash, which the next commit carries.
    pub(crate) fn hash(&self) -> CommitHash {
        hash(self.previous_hash, self.id, &self.receipts, &self.body)
    }

    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE.clone(), BATCH);
        headers.insert(COMMIT_ID.clone(), self.id.to_string());
        headers.insert(PREVIOUS_HASH.clone(), self.previous_hash.to_string());
        if !self.receipts.is_empty() {
            headers.insert(RECEIPTS.clone(), self.receipts.as_str());
        }
        headers
    }
}

impl Commit {
    /// The commit's hash, which the next commit carries.
    #[must_use]
    pub fn hash(&self) -> CommitHash {
        hash(self.previous_hash, self.id, &self.receipts_text, &self.body)
    }

    /// The body as stored: a batch of CloudEvents in JSON.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// Builds a commit from parts that were read elsewhere, such as from a backup.
    ///
    /// # Errors
    /// The body cannot be read, or there are neither events nor receipts.
    pub fn from_parts(
        stream: &'static StreamDefinition,
        position: u64,
        id: Uuid,
        previous_hash: CommitHash,
        receipts: Vec<Receipt>,
        body: Bytes,
    ) -> Result<Self, EnvelopeError> {
        let events = read_events(stream, position, &body, &receipts).map_err(|reason| EnvelopeError {
            stream: stream.name.to_owned(),
            sequence: position,
            reason,
        })?;
        Ok(Self {
            stream,
            position,
            id,
            previous_hash,
            receipts_text: write_receipts(&receipts),
            receipts,
            events,
            body,
        })
    }

    pub(crate) fn draft(&self) -> Draft {
        Draft {
            id: self.id,
            previous_hash: self.previous_hash,
            receipts: self.receipts_text.clone(),
            body: self.body.clone(),
        }
    }
}

/// Decodes a message of a stream.
///
/// # Errors
/// The message is not a commit of this store.
pub fn decode(
    stream: &'static StreamDefinition,
    sequence: u64,
    headers: Option<&HeaderMap>,
    body: Bytes,
) -> Result<Commit, EnvelopeError> {
    read(stream, sequence, headers, body).map_err(|reason| EnvelopeError {
        stream: stream.name.to_owned(),
        sequence,
        reason,
    })
}

/// Decodes a commit as [`decode`] does, but only the events at the wanted indexes.
pub(crate) fn decode_some(
    stream: &'static StreamDefinition,
    sequence: u64,
    body: &Bytes,
    wanted: &BTreeSet<u32>,
) -> Result<Vec<RecordedEvent>, EnvelopeError> {
    event::decode_some(stream, sequence, body, wanted).map_err(|reason| EnvelopeError {
        stream: stream.name.to_owned(),
        sequence,
        reason,
    })
}

fn read(
    stream: &'static StreamDefinition,
    position: u64,
    headers: Option<&HeaderMap>,
    body: Bytes,
) -> Result<Commit, String> {
    let headers = headers.ok_or("the message has no headers")?;
    if header(headers, &CONTENT_TYPE) != Some(BATCH) {
        return Err(format!("header {CONTENT_TYPE} is not {BATCH}"));
    }
    let id = commit_id(headers).ok_or_else(|| format!("header {COMMIT_ID} is missing or not an id"))?;
    let previous_hash = header(headers, &PREVIOUS_HASH).and_then(CommitHash::from_hex);
    let previous_hash = previous_hash.ok_or_else(|| format!("header {PREVIOUS_HASH} is missing or not a hash"))?;
    let receipts_text = header(headers, &RECEIPTS).unwrap_or_default().to_owned();
    let receipts = read_receipts(&receipts_text).ok_or_else(|| format!("header {RECEIPTS} cannot be read"))?;
    let events = read_events(stream, position, &body, &receipts)?;
    Ok(Commit {
        stream,
        position,
        id,
        previous_hash,
        receipts,
        events,
        receipts_text,
        body,
    })
}

fn read_events(
    stream: &'static StreamDefinition,
    position: u64,
    body: &Bytes,
    receipts: &[Receipt],
) -> Result<Vec<RecordedEvent>, String> {
    let events = event::decode(stream, position, body)?;
    match events.is_empty() && receipts.is_empty() {
        true => Err("it holds neither events nor receipts".to_owned()),
        false => Ok(events),
    }
}

/// The commit id in a message's headers, if there is one.
pub(crate) fn commit_id(headers: &HeaderMap) -> Option<Uuid> {
    header(headers, &COMMIT_ID)?.parse().ok()
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name.clone()).map(HeaderValue::as_str)
}

fn hash(previous: CommitHash, id: Uuid, receipts: &str, body: &[u8]) -> CommitHash {
    CommitHash::of(&[previous.as_bytes(), id.as_bytes(), receipts.as_bytes(), body])
}

/// Writes each receipt as an array of three strings, because receipts are many and small.
fn write_receipts(receipts: &[Receipt]) -> String {
    if receipts.is_empty() {
        return String::new();
    }
    let lists: Vec<_> = receipts
        .iter()
        .map(|receipt| [&receipt.key, &receipt.fingerprint, &receipt.outcome])
        .collect();
    serde_json::to_string(&lists).unwrap_or_default()
}

fn read_receipts(text: &str) -> Option<Vec<Receipt>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let lists: Vec<[String; 3]> = serde_json::from_str(text).ok()?;
    let receipt = |[key, fingerprint, outcome]: [String; 3]| Receipt {
        key,
        fingerprint,
        outcome,
    };
    Some(lists.into_iter().map(receipt).collect())
}

#[allow(
    clippy::disallowed_methods,
    reason = "a commit's id only tells it from others on the same sequence, after a lost answer"
)]
fn new_id() -> Uuid {
    Uuid::new_v4()
}
