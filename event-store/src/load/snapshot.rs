//! Snapshots of long-lived aggregates, kept in the local index so that a cold load does not start at the first event.
//!
//! A snapshot is only a cache. One that is missing, damaged, sealed under a destroyed key, or of another fingerprint
//! is ignored, and the aggregate is folded from its events.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{AggregateId, EventStore, Head, Snapshots, index::Index};

/// A stored snapshot.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    fingerprint: String,
    version: u64,
    position: u64,
    /// The person whose key seals the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_subject: Option<String>,
    /// The encoded state. A sealed state is in base64.
    state: String,
}

impl EventStore {
    /// The state and the head in an aggregate's snapshot, if there is one that can be used.
    pub(crate) async fn snapshot_of<S>(
        &self,
        id: &AggregateId,
        index: &Index,
        head: Head,
        snapshots: &Snapshots<S>,
    ) -> Option<(S, Head)> {
        let opened = async {
            let Some(kept) = index.snapshot(id).map_err(|error| error.to_string())? else {
                return Ok(None);
            };
            let snapshot: Snapshot = serde_json::from_slice(&kept).map_err(|_| "it cannot be read".to_owned())?;
            if snapshot.fingerprint != snapshots.fingerprint || snapshot.version > head.version {
                return Ok(None);
            }
            let place = index.place(id, snapshot.version).map_err(|error| error.to_string())?;
            match place.is_some_and(|place| place.position == snapshot.position) {
                true => self.open_snapshot(id, &snapshot, snapshots).await.map(Some),
                false => Err("it belongs to another log".to_owned()),
            }
        };
        opened.await.unwrap_or_else(|reason: String| {
            tracing::warn!(aggregate = %id, reason, "a snapshot is ignored");
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
        };
        let state = (snapshots.decode)(&state).map_err(|_| "its state cannot be read".to_owned())?;
        Ok((state, head))
    }

    /// Takes a snapshot in the background.
    pub(crate) fn take_snapshot<S>(
        &self,
        id: &AggregateId,
        index: &Arc<Index>,
        state: Arc<S>,
        head: Head,
        snapshots: &Snapshots<S>,
    ) where
        S: Clone + Send + Sync + 'static,
    {
        let (store, id, index, snapshots) = (self.clone(), id.clone(), Arc::clone(index), snapshots.clone());
        tokio::spawn(async move {
            match store.seal_snapshot(&id, state.as_ref(), head, &snapshots).await {
                Ok(snapshot) => index.put_snapshot(&id, snapshot),
                Err(reason) => tracing::debug!(aggregate = %id, reason, "a snapshot is not taken"),
            }
        });
    }

    async fn seal_snapshot<S>(
        &self,
        id: &AggregateId,
        state: &S,
        head: Head,
        snapshots: &Snapshots<S>,
    ) -> Result<Vec<u8>, String> {
        let data_subject = (snapshots.data_subject)(state, id);
        let encoded = (snapshots.encode)(state).map_err(|error| error.to_string())?;
        let state = match &data_subject {
            None => String::from_utf8(encoded).map_err(|error| error.to_string())?,
            Some(person) => STANDARD_NO_PAD.encode(self.seal_blob(person, &binding(id, head.version), &encoded).await?),
        };
        let snapshot = Snapshot {
            fingerprint: snapshots.fingerprint.clone(),
            version: head.version,
            position: head.position,
            data_subject,
            state,
        };
        serde_json::to_vec(&snapshot).map_err(|error| error.to_string())
    }
}

/// Binds a sealed snapshot to one aggregate and one version.
fn binding(id: &AggregateId, version: u64) -> Vec<u8> {
    format!("{}.{id}.{version}", id.stream().name).into_bytes()
}
