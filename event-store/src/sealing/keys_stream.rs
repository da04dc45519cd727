//! The stream of wrapped keys: one subject per person, whose last message counts. Unlike events, keys can be deleted,
//! and are then overwritten on disk.
//!
//! The keys have a stream of their own so that they can be backed up apart from the log. A copy of both could never
//! forget a person.

use std::{collections::HashMap, time::Duration};

use async_nats::{
    HeaderMap, Request,
    header::HeaderName,
    jetstream::{
        self,
        stream::{Config, DiscardPolicy, RetentionPolicy, StorageType},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    KeyError, WrappedKey,
    attempts::{MAX_ATTEMPTS, pause_before},
};
use crate::{
    AppendError, Options, StreamError, StreamSettings,
    jetstream::api::API,
    jetstream::direct::{self, End},
    jetstream::stream,
    jetstream::wire::{Outcome, Wire},
};

/// The stream's name, and the first token of its subjects.
const NAME: &str = "KEYS";
const ROOT: &str = "keys";
/// The maximum number of subjects per request. JetStream answers for 1,024 at most.
const MAX_SUBJECTS: usize = 1_000;
/// The maximum number of entries that are stored concurrently.
const CONCURRENT_ENTRIES: usize = 64;
/// The header that identifies an entry after a lost answer.
static ID: HeaderName = HeaderName::from_static("Entry-Id");

/// The stored state of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub(super) enum Entry {
    /// The key, wrapped.
    #[serde(rename_all = "camelCase")]
    Wrapped {
        /// The name of the master key that wrapped it.
        master_key: String,
        /// The wrapped key, in base64.
        wrapped: String,
    },
    /// The key has been destroyed and will not be created again.
    Destroyed,
}

impl Entry {
    pub(super) fn wrapped(key: WrappedKey) -> Self {
        Self::Wrapped {
            master_key: key.master_key,
            wrapped: STANDARD_NO_PAD.encode(key.bytes),
        }
    }

    pub(super) fn decode_wrapped(master_key: &str, wrapped: &str) -> Result<WrappedKey, KeyError> {
        let bytes = STANDARD_NO_PAD
            .decode(wrapped)
            .map_err(|_| KeyError::Damaged("a wrapped key is not base64".to_owned()))?;
        Ok(WrappedKey {
            master_key: master_key.to_owned(),
            bytes,
        })
    }
}

/// An entry in the stream.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) sequence: u64,
    pub(super) entry: Entry,
}

/// Reads and writes the stream of keys.
#[derive(Debug)]
pub(super) struct KeysStream {
    wire: Wire,
    context: jetstream::Context,
    stream: String,
    subject_prefix: String,
}

impl KeysStream {
    /// Opens the stream, or creates it if it does not exist.
    pub(super) async fn open(wire: Wire, context: jetstream::Context, options: &Options) -> Result<Self, StreamError> {
        let (name, subject_prefix) = match options.namespace.as_str() {
            "" => (NAME.to_owned(), format!("{ROOT}.")),
            namespace => (format!("{namespace}_{NAME}"), format!("{namespace}.{ROOT}.")),
        };
        stream::ensure(
            &context,
            &config(name.clone(), format!("{subject_prefix}>"), &options.streams),
            options.mends_streams,
            options.request_timeout,
        )
        .await?;
        Ok(Self {
            wire,
            context,
            stream: name,
            subject_prefix,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.stream
    }

    pub(super) fn subject_prefix(&self) -> &str {
        &self.subject_prefix
    }

    pub(super) const fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The entries of people, from any replica. People without an entry are left out.
    pub(super) async fn find(&self, people: &[&str]) -> Result<HashMap<String, Stored>, KeyError> {
        let mut found = HashMap::new();
        for people in people.chunks(MAX_SUBJECTS) {
            let mut from = 1;
            loop {
                let subjects: Vec<_> = people
                    .iter()
                    .map(|person| format!("{}{person}", self.subject_prefix))
                    .collect();
                let request = serde_json::json!({ "multi_last": subjects, "seq": from });
                let answer = self
                    .wire
                    .direct_get(&self.stream, &request)
                    .await
                    .map_err(KeyError::Unavailable)?;
                for message in &answer.messages {
                    let sequence = direct::sequence(message);
                    let person = direct::subject(message).strip_prefix(&self.subject_prefix);
                    let entry = decode(&message.payload)?;
                    found.insert(person.unwrap_or_default().to_owned(), Stored { sequence, entry });
                    from = from.max(sequence + 1);
                }
                match answer.end {
                    End::Complete => break,
                    End::More if !answer.messages.is_empty() => {}
                    End::More | End::Unreadable => {
                        return Err(KeyError::Damaged("a key is lost on disk".to_owned()));
                    }
                }
            }
        }
        Ok(found)
    }

    /// A person's entry, from the stream's leader.
    pub(super) async fn find_at_leader(&self, person: &str) -> Result<Option<Stored>, KeyError> {
        let subject = format!("{}{person}", self.subject_prefix);
        let found = self.wire.leaders_copy(&self.stream, &subject).await;
        let Some(message) = found.map_err(KeyError::Unavailable)? else {
            return Ok(None);
        };
        Ok(Some(Stored {
            sequence: message.sequence,
            entry: decode(&message.payload)?,
        }))
    }

    /// Stores the first entries of people, each on its own. A conflict means that one of them has an entry already;
    /// the others may have been stored.
    pub(super) async fn create(&self, entries: &[(&str, Entry)]) -> Result<(), AppendError> {
        let mut outcome = Ok(());
        for entries in entries.chunks(CONCURRENT_ENTRIES) {
            let mut creating = Vec::with_capacity(entries.len());
            for (person, entry) in entries {
                creating.push(self.create_one(person, entry));
            }
            outcome = join_all(creating).await.into_iter().fold(outcome, Result::and);
        }
        outcome
    }

    async fn create_one(&self, person: &str, entry: &Entry) -> Result<(), AppendError> {
        let id = new_id();
        for attempt in 0..MAX_ATTEMPTS {
            pause_before(attempt).await;
            match self.publish(person, id, entry, 0).await? {
                Outcome::Committed { .. } => return Ok(()),
                Outcome::Conflict if attempt == 0 => return Err(AppendError::Conflict),
                Outcome::Full(reason) => return Err(AppendError::Full(reason)),
                Outcome::Refused(reason) => return Err(AppendError::Refused(reason)),
                Outcome::Conflict | Outcome::Unknown => {
                    let subject = format!("{}{person}", self.subject_prefix);
                    let found = self.wire.leaders_copy(&self.stream, &subject).await;
                    match found.map_err(|_| AppendError::OutcomeUnknown)? {
                        Some(message) if entry_id(&message.headers) == Some(id) => return Ok(()),
                        Some(_) => return Err(AppendError::Conflict),
                        None => {}
                    }
                }
                Outcome::Unavailable => return Err(AppendError::Unavailable("not connected".to_owned())),
                Outcome::Transient(_) => {}
            }
        }
        Err(AppendError::OutcomeUnknown)
    }

    /// Replaces the entry that was seen. Returns the new sequence, or `None` if another process was first.
    pub(super) async fn replace(
        &self,
        person: &str,
        id: Uuid,
        seen: u64,
        entry: &Entry,
    ) -> Result<Option<u64>, KeyError> {
        let unavailable = |error: AppendError| KeyError::Unavailable(error.to_string());
        match self.publish(person, id, entry, seen).await.map_err(unavailable)? {
            Outcome::Committed { sequence } => Ok(Some(sequence)),
            Outcome::Conflict => Ok(None),
            Outcome::Transient(reason) | Outcome::Refused(reason) | Outcome::Full(reason) => {
                Err(KeyError::Unavailable(reason))
            }
            Outcome::Unavailable => Err(KeyError::Unavailable("not connected".to_owned())),
            Outcome::Unknown => Err(KeyError::Unavailable("no answer in time".to_owned())),
        }
    }

    async fn publish(&self, person: &str, id: Uuid, entry: &Entry, seen: u64) -> Result<Outcome, AppendError> {
        let payload = serde_json::to_vec(entry).map_err(|error| AppendError::Refused(error.to_string()))?;
        let mut headers = HeaderMap::new();
        headers.insert(ID.clone(), id.to_string());
        let subject = format!("{}{person}", self.subject_prefix);
        Ok(self
            .wire
            .publish_expecting(&subject, headers, Bytes::from(payload), seen)
            .await)
    }

    /// Overwrites every entry of a person before a sequence. Other processes may do the same concurrently.
    pub(super) async fn erase_before(&self, person: &str, sequence: u64) -> Result<(), KeyError> {
        let subject = format!("{}{person}", self.subject_prefix);
        let (mut refused, mut attempt) = (None, 0);
        while let Some(first) = self.first(&subject).await? {
            if first >= sequence {
                break;
            }
            // A refused deletion means that another process deletes the message, unless the message stays.
            attempt = if refused == Some(first) { attempt + 1 } else { 0 };
            if attempt == MAX_ATTEMPTS {
                return Err(KeyError::Unavailable("a key could not be deleted".to_owned()));
            }
            pause_before(attempt).await;
            refused = (!self.delete(first).await?).then_some(first);
        }
        Ok(())
    }

    /// The sequence of the first message on a subject, from the leader.
    async fn first(&self, subject: &str) -> Result<Option<u64>, KeyError> {
        let request = serde_json::json!({ "seq": 1, "next_by_subj": subject });
        let found = self.wire.leaders_message(&self.stream, &request).await;
        Ok(found.map_err(KeyError::Unavailable)?.map(|message| message.sequence))
    }

    /// Deletes a message and overwrites it on disk. Returns whether the server did.
    async fn delete(&self, sequence: u64) -> Result<bool, KeyError> {
        #[derive(Deserialize)]
        struct Reply {
            #[serde(default)]
            success: bool,
        }
        let payload = serde_json::json!({ "seq": sequence, "no_erase": false }).to_string();
        let request = Request::new()
            .payload(payload.into())
            .timeout(Some(self.wire.timeout()));
        let subject = format!("{API}STREAM.MSG.DELETE.{}", self.stream);
        let reply = self.wire.client().send_request(subject, request).await;
        let reply = reply.map_err(|error| KeyError::Unavailable(error.to_string()))?;
        let reply = serde_json::from_slice::<Reply>(&reply.payload);
        Ok(reply.is_ok_and(|reply| reply.success))
    }

    /// The next entry of any person after a sequence, and that person. Returns `None` at the stream's end.
    pub(super) async fn next(&self, after: u64) -> Result<Option<(String, Stored)>, KeyError> {
        let request = serde_json::json!({ "seq": after + 1, "next_by_subj": format!("{}>", self.subject_prefix) });
        let found = self.wire.leaders_message(&self.stream, &request).await;
        let Some(message) = found.map_err(KeyError::Unavailable)? else {
            return Ok(None);
        };
        let person = message.subject.strip_prefix(self.subject_prefix.as_str());
        let stored = Stored {
            sequence: message.sequence,
            entry: decode(&message.payload)?,
        };
        Ok(Some((person.unwrap_or_default().to_owned(), stored)))
    }

    /// How many messages the stream holds.
    pub(super) async fn len(&self) -> Result<u64, KeyError> {
        let stream = self.context.get_stream(&self.stream).await;
        let stream = stream.map_err(|error| KeyError::Unavailable(error.to_string()))?;
        Ok(stream.cached_info().state.messages)
    }
}

fn entry_id(headers: &HeaderMap) -> Option<Uuid> {
    headers.get(ID.clone())?.as_str().parse().ok()
}

fn decode(payload: &[u8]) -> Result<Entry, KeyError> {
    serde_json::from_slice(payload).map_err(|_| KeyError::Damaged("a key's entry cannot be read".to_owned()))
}

/// Nothing expires and nothing is discarded, but entries can be deleted.
fn config(name: String, subjects: String, settings: &StreamSettings) -> Config {
    Config {
        name,
        description: Some("The keys of people, wrapped. An entry can be deleted.".to_owned()),
        subjects: vec![subjects],
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        num_replicas: settings.replicas,
        placement: settings.placement(),
        max_messages: -1,
        max_messages_per_subject: -1,
        max_bytes: -1,
        allow_direct: true,
        duplicate_window: Duration::from_secs(1),
        ..Config::default()
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "only this store sees the id of a key's entry, to look it up after a lost answer"
)]
pub(super) fn new_id() -> Uuid {
    Uuid::new_v4()
}
