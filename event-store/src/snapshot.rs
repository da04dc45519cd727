//! The snapshots: states of long-lived aggregates, kept beside the log so that a cold load need not begin at the first
//! event.
//!
//! They are a convenience and never the truth. One that is missing, damaged, sealed under a key that is gone, of another
//! fingerprint, or whose last event does not stand in the stream as it says, is passed over, and the aggregate is folded
//! from its events.

use std::{sync::Arc, time::Duration};

use async_nats::{
    Subject,
    jetstream::{
        self,
        stream::{Config, DiscardPolicy, StorageType},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::{
    AggregateId, EventHash, EventStore, Head, Options, Snapshots, StreamError, StreamSettings, direct::End, stream,
    wire::Wire,
};

/// The stream's name, and the first token of its subjects.
const NAME: &str = "SNAPSHOTS";
const ROOT: &str = "snapshots";
/// How many snapshots are written at the same moment at most. What comes beyond that is left for another time.
const WRITERS: usize = 4;

/// What is kept of a state.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    fingerprint: String,
    version: u64,
    position: u64,
    hash: String,
    /// Whose key the state is sealed under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_subject: Option<String>,
    /// The state, or what it was sealed to, in base64.
    state: String,
}

/// Reads and writes the stream of snapshots.
#[derive(Debug)]
pub(crate) struct SnapshotStream {
    wire: Wire,
    stream: String,
    subject_prefix: String,
    writers: Arc<Semaphore>,
}

impl SnapshotStream {
    /// Opens the stream, creating it when it does not exist.
    pub(crate) async fn open(wire: Wire, context: &jetstream::Context, options: &Options) -> Result<Self, StreamError> {
        let (name, subject_prefix) = match options.namespace.as_str() {
            "" => (NAME.to_owned(), format!("{ROOT}.")),
            namespace => (format!("{namespace}_{NAME}"), format!("{namespace}.{ROOT}.")),
        };
        stream::ensure(
            context,
            &config(name.clone(), format!("{subject_prefix}>"), &options.streams),
            options.mends_streams,
            options.request_timeout,
        )
        .await?;
        Ok(Self {
            wire,
            stream: name,
            subject_prefix,
            writers: Arc::new(Semaphore::new(WRITERS)),
        })
    }

    fn subject(&self, id: &AggregateId) -> String {
        let (root, aggregate_type, id) = (id.stream().root, id.aggregate_type(), id.id());
        format!("{}{root}.{aggregate_type}.{id}", self.subject_prefix)
    }

    async fn find(&self, id: &AggregateId) -> Result<Option<Snapshot>, String> {
        let request = serde_json::json!({ "multi_last": [self.subject(id)] });
        let found = self.wire.direct_get(&self.stream, &request).await?;
        if found.end == End::Unreadable {
            return Err("it is lost on disk".to_owned());
        }
        let snapshot = found
            .messages
            .first()
            .map(|message| serde_json::from_slice(&message.payload));
        snapshot.transpose().map_err(|_| "it cannot be read".to_owned())
    }

    /// Only the last snapshot of an aggregate counts, so nobody waits for it to be stored.
    async fn put(&self, id: &AggregateId, snapshot: &Snapshot) -> Result<(), String> {
        let payload = serde_json::to_vec(snapshot).map_err(|error| error.to_string())?;
        let subject = Subject::from(self.subject(id));
        let published = self.wire.client().publish(subject, payload.into()).await;
        published.map_err(|error| error.to_string())
    }
}

impl EventStore {
    /// The state of an aggregate's snapshot, and where it stood then, if there is one that can be used.
    pub(crate) async fn snapshot_of<S>(&self, id: &AggregateId, snapshots: &Snapshots<S>) -> Option<(S, Head)> {
        let stream = self.snapshot_stream()?;
        let opened = async {
            let Some(snapshot) = stream.find(id).await? else {
                return Ok(None);
            };
            match snapshot.fingerprint == snapshots.fingerprint {
                true => self.open_snapshot(id, &snapshot, snapshots).await.map(Some),
                false => Ok(None),
            }
        };
        opened.await.unwrap_or_else(|reason: String| {
            tracing::warn!(aggregate = %id, reason, "a snapshot is passed over");
            None
        })
    }

    async fn open_snapshot<S>(
        &self,
        id: &AggregateId,
        snapshot: &Snapshot,
        snapshots: &Snapshots<S>,
    ) -> Result<(S, Head), String> {
        let state = match &snapshot.data_subject {
            None => snapshot.state.clone().into_bytes(),
            Some(person) => {
                let sealed = STANDARD_NO_PAD.decode(&snapshot.state);
                let sealed = sealed.map_err(|_| "its state is not base64".to_owned())?;
                self.open_blob(person, &binding(id, snapshot.version), &sealed).await?
            }
        };
        let head = Head {
            version: snapshot.version,
            position: snapshot.position,
            hash: EventHash::from_hex(&snapshot.hash).ok_or("its hash cannot be read")?,
        };
        let state = (snapshots.decode)(&state).map_err(|_| "its state cannot be read".to_owned())?;
        Ok((state, head))
    }

    /// Writes a snapshot in the background, unless enough are being written.
    pub(crate) fn take_snapshot<S>(&self, id: &AggregateId, state: Arc<S>, head: Head, snapshots: &Snapshots<S>)
    where
        S: Clone + Send + Sync + 'static,
    {
        let Some(stream) = self.snapshot_stream() else { return };
        let Ok(permit) = Arc::clone(&stream.writers).try_acquire_owned() else {
            return;
        };
        let (store, stream, id, snapshots) = (self.clone(), Arc::clone(stream), id.clone(), snapshots.clone());
        tokio::spawn(async move {
            let write = async {
                let snapshot = store.seal_snapshot(&id, state.as_ref(), head, &snapshots).await?;
                stream.put(&id, &snapshot).await
            };
            if let Err(reason) = write.await {
                tracing::debug!(aggregate = %id, reason, "a snapshot is not taken");
            }
            drop(permit);
        });
    }

    async fn seal_snapshot<S>(
        &self,
        id: &AggregateId,
        state: &S,
        head: Head,
        snapshots: &Snapshots<S>,
    ) -> Result<Snapshot, String> {
        let data_subject = (snapshots.data_subject)(state, id);
        let encoded = (snapshots.encode)(state).map_err(|error| error.to_string())?;
        let state = match &data_subject {
            None => String::from_utf8(encoded).map_err(|error| error.to_string())?,
            Some(person) => STANDARD_NO_PAD.encode(self.seal_blob(person, &binding(id, head.version), &encoded).await?),
        };
        Ok(Snapshot {
            fingerprint: snapshots.fingerprint.clone(),
            version: head.version,
            position: head.position,
            hash: head.hash.to_string(),
            data_subject,
            state,
        })
    }
}

/// What a sealed snapshot is bound to: it can stand for no other aggregate and no other version.
fn binding(id: &AggregateId, version: u64) -> Vec<u8> {
    format!("{}.{id}.{version}", id.stream().root).into_bytes()
}

/// Only the last message of a subject stays.
fn config(name: String, subjects: String, settings: &StreamSettings) -> Config {
    Config {
        name,
        description: Some("Snapshots of states. They can be deleted at any time.".to_owned()),
        subjects: vec![subjects],
        storage: StorageType::File,
        discard: DiscardPolicy::Old,
        max_messages_per_subject: 1,
        num_replicas: settings.replicas,
        placement: settings.placement(),
        max_messages: -1,
        max_bytes: -1,
        allow_direct: true,
        duplicate_window: Duration::from_secs(1),
        ..Config::default()
    }
}
