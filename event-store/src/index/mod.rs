//! The local index of a stream: where each aggregate's events are, what the decision models hold, and which keys have been
//! used. It is folded from the stream, kept in a file that can be lost, and holds no personal data.
//!
//! Everything is an entry of one ordered table; the first byte of its key says what it is. What was folded last waits in
//! memory and is written to the file from time to time, together with the position that it stands for.

mod file;
mod layer;
mod model;

use std::{
    collections::BTreeMap,
    mem,
    ops::Bound,
    path::PathBuf,
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use aws_lc_rs::digest::{SHA256, digest};
use tokio::sync::watch;

pub use model::{Changes, DecisionModel};

pub(crate) use file::{IndexFile, Standing};
pub(crate) use layer::{DecidedState, Entries, Layer, Read, get_through, last_through, range_through};
pub(crate) use model::{fold, without_prefix};

use crate::{AggregateId, Place, Receipt, RecordedEvent};

/// How many entries wait in memory before they are written to the file, and how many may at most.
const ENTRIES_IN_MEMORY: usize = 20_000;
const MOST_ENTRIES_IN_MEMORY: usize = 400_000;

const EVENT: u8 = b'e';
const MODEL: u8 = b'm';
const RECEIPT: u8 = b'r';
const SNAPSHOT: u8 = b's';

/// Where a store keeps its local indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexStorage {
    /// In this folder, one file a stream. A process that finds the file in use by another one keeps a temporary file.
    Folder(PathBuf),
    /// In a temporary file, built anew at each start.
    Temporary,
}

/// The index cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the local index: {0}")]
pub struct IndexError(pub(crate) String);

impl IndexError {
    pub(crate) fn of(error: &dyn std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Where an aggregate stands: its last event, seen from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The aggregate's version; 0 when it does not exist.
    pub version: u64,
    /// The position of the commit that holds its last event; 0 when it has none.
    pub position: u64,
}

/// What is known of a used key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedKey {
    /// What the commit says of it.
    pub receipt: Receipt,
    /// The commit's position.
    pub position: u64,
}

/// The index of one stream.
#[derive(Debug)]
pub(crate) struct Index {
    recent: RwLock<Recent>,
    file: IndexFile,
    position: watch::Sender<u64>,
    /// Why the file cannot be read, once it could not be.
    fault: OnceLock<String>,
}

/// What is not in the file yet.
#[derive(Debug, Default)]
struct Recent {
    entries: Entries,
    /// What is being written to the file.
    flushing: Arc<Entries>,
    standing: Standing,
}

impl Index {
    pub(crate) fn new(file: IndexFile) -> Result<Self, IndexError> {
        let standing = file.standing()?;
        Ok(Self {
            recent: RwLock::new(Recent {
                standing,
                ..Recent::default()
            }),
            file,
            position: watch::channel(standing.position).0,
            fault: OnceLock::new(),
        })
    }

    /// Up to which commit it has been folded, and that commit's hash.
    pub(crate) fn standing(&self) -> Standing {
        self.recent().standing
    }

    /// Tells of every commit that is folded.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.position.subscribe()
    }

    /// Takes what a commit changes.
    pub(crate) fn apply(&self, changes: Entries, standing: Standing) {
        let mut recent = self.recent_mut();
        recent.entries.extend(changes);
        recent.standing = standing;
        drop(recent);
        self.position.send_replace(standing.position);
    }

    /// Adds an entry that follows from commits that have been folded.
    pub(crate) fn put_snapshot(&self, id: &AggregateId, snapshot: Vec<u8>) {
        self.recent_mut().entries.insert(snapshot_key(id), Some(snapshot));
    }

    pub(crate) fn snapshot(&self, id: &AggregateId) -> Result<Option<Vec<u8>>, IndexError> {
        self.get(&snapshot_key(id))
    }

    /// Whether anything waits to be written to the file.
    pub(crate) fn is_dirty(&self) -> bool {
        !self.recent().entries.is_empty()
    }

    /// Whether so much waits that it should be written to the file.
    pub(crate) fn is_full(&self) -> bool {
        self.recent().entries.len() >= ENTRIES_IN_MEMORY
    }

    /// Whether so much waits that it must be written to the file before anything is added.
    pub(crate) fn is_overfull(&self) -> bool {
        self.recent().entries.len() >= MOST_ENTRIES_IN_MEMORY
    }

    /// Why the file cannot be read. It does not pass: whatever is asked from then on could be answered wrong.
    pub(crate) fn fault(&self) -> Option<String> {
        self.fault.get().cloned()
    }

    fn told<T>(&self, read: Result<T, IndexError>) -> Result<T, IndexError> {
        if let Err(error) = &read {
            let _ = self.fault.set(error.to_string());
        }
        read
    }

    /// Writes to the file what waits. It blocks.
    pub(crate) fn flush(&self) -> Result<(), IndexError> {
        let (entries, standing) = {
            let mut recent = self.recent_mut();
            if !recent.flushing.is_empty() || recent.entries.is_empty() {
                return Ok(());
            }
            recent.flushing = Arc::new(mem::take(&mut recent.entries));
            (Arc::clone(&recent.flushing), recent.standing)
        };
        let written = self.file.write(&entries, standing);
        let mut recent = self.recent_mut();
        let flushed = mem::take(&mut recent.flushing);
        if written.is_err() {
            let newer = mem::replace(&mut recent.entries, (*flushed).clone());
            recent.entries.extend(newer);
        }
        written
    }

    /// Forgets everything: the file is not of this log.
    pub(crate) fn clear(&self) -> Result<(), IndexError> {
        let mut recent = self.recent_mut();
        *recent = Recent::default();
        drop(recent);
        self.position.send_replace(0);
        self.file.clear()
    }

    /// Where an aggregate's events are, in the order of their versions, from the one behind a version on.
    pub(crate) fn places(&self, id: &AggregateId, after: u64) -> Result<Vec<Place>, IndexError> {
        let prefix = event_prefix(id);
        let from = event_key(&prefix, after + 1);
        let entries = self.range(&from, &end_of(&prefix))?;
        entries.iter().map(|(_, value)| read_place(value)).collect()
    }

    /// Where the event is that brought an aggregate to a version.
    pub(crate) fn place(&self, id: &AggregateId, version: u64) -> Result<Option<Place>, IndexError> {
        let value = self.get(&event_key(&event_prefix(id), version))?;
        value.as_deref().map(read_place).transpose()
    }

    fn recent(&self) -> RwLockReadGuard<'_, Recent> {
        self.recent.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent_mut(&self) -> RwLockWriteGuard<'_, Recent> {
        self.recent.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Index {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let recent = self.recent();
        for entries in [&recent.entries, &*recent.flushing] {
            if let Some(value) = entries.get(key) {
                return Ok(value.clone());
            }
        }
        drop(recent);
        self.told(self.file.get(key))
    }

    fn range(&self, from: &[u8], to: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, IndexError> {
        // The file is read under the lock: what is being written to it must be seen in one of the two places.
        let recent = self.recent();
        let mut found = self.told(self.file.range(from, to))?;
        for entries in [&*recent.flushing, &recent.entries] {
            layer::overlay(&mut found, entries, from, to);
        }
        Ok(found)
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, IndexError> {
        let recent = self.recent();
        let bounds = (Bound::Included(from), Bound::Excluded(to));
        for entries in [&recent.entries, &*recent.flushing] {
            if let Some((key, Some(value))) = entries.range::<[u8], _>(bounds).next_back() {
                return Ok(Some((key.clone(), value.clone())));
            }
        }
        drop(recent);
        self.told(self.file.last(from, to))
    }
}

/// Where an aggregate stands. Events are only ever added, so the last one that any layer knows is the last one.
pub(crate) fn head(read: &dyn Read, id: &AggregateId) -> Result<Head, IndexError> {
    let prefix = event_prefix(id);
    let Some((key, value)) = read.last(&prefix, &end_of(&prefix))? else {
        return Ok(Head::default());
    };
    let version = key.get(prefix.len()..).and_then(|version| version.try_into().ok());
    let version = version.map(u32::from_be_bytes).ok_or_else(damaged)?;
    Ok(Head {
        version: version.into(),
        position: read_place(&value)?.position,
    })
}

/// Notes an event.
pub(crate) fn note_event(layer: &mut Layer, event: &RecordedEvent) {
    let prefix = event_prefix_of(&event.aggregate_type, &event.aggregate_id);
    let mut value = event.position.to_be_bytes().to_vec();
    value.extend_from_slice(&event.index.to_be_bytes());
    layer.entries.insert(event_key(&prefix, event.version), Some(value));
}

/// Notes the use of a key.
pub(crate) fn note_receipt(layer: &mut Layer, receipt: &Receipt, position: u64) {
    let mut value = position.to_be_bytes().to_vec();
    value.extend_from_slice(&(receipt.fingerprint.len() as u64).to_be_bytes());
    value.extend_from_slice(receipt.fingerprint.as_bytes());
    value.extend_from_slice(receipt.outcome.as_bytes());
    layer.entries.insert(receipt_key(&receipt.key), Some(value));
}

/// What is known of a key, if it has been used.
pub(crate) fn used_key(read: &dyn Read, key: &str) -> Result<Option<UsedKey>, IndexError> {
    let Some(value) = read.get(&receipt_key(key))? else {
        return Ok(None);
    };
    let (position, texts) = value.split_first_chunk().ok_or_else(damaged)?;
    let (length, texts) = texts.split_first_chunk().ok_or_else(damaged)?;
    let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| damaged())?;
    let texts = std::str::from_utf8(texts).map_err(|_| damaged())?;
    let (fingerprint, outcome) = texts.split_at_checked(length).ok_or_else(damaged)?;
    Ok(Some(UsedKey {
        receipt: Receipt {
            key: key.to_owned(),
            fingerprint: fingerprint.to_owned(),
            outcome: outcome.to_owned(),
        },
        position: u64::from_be_bytes(*position),
    }))
}

fn event_prefix(id: &AggregateId) -> Vec<u8> {
    event_prefix_of(id.aggregate_type(), id.id())
}

/// A hash takes the place of the name: it is short, and of one length.
fn event_prefix_of(aggregate_type: &str, id: &str) -> Vec<u8> {
    let mut key = vec![EVENT];
    key.extend_from_slice(&name_hash(aggregate_type, id));
    key
}

fn name_hash(aggregate_type: &str, id: &str) -> [u8; 16] {
    let mut name = Vec::with_capacity(aggregate_type.len() + id.len() + 1);
    name.extend_from_slice(aggregate_type.as_bytes());
    name.push(b'/');
    name.extend_from_slice(id.as_bytes());
    let mut hash = [0; 16];
    hash.copy_from_slice(&digest(&SHA256, &name).as_ref()[..16]);
    hash
}

fn event_key(prefix: &[u8], version: u64) -> Vec<u8> {
    let mut key = prefix.to_vec();
    key.extend_from_slice(&u32::try_from(version).unwrap_or(u32::MAX).to_be_bytes());
    key
}

fn receipt_key(key: &str) -> Vec<u8> {
    let mut entry = vec![RECEIPT];
    entry.extend_from_slice(key.as_bytes());
    entry
}

fn snapshot_key(id: &AggregateId) -> Vec<u8> {
    let mut key = vec![SNAPSHOT];
    key.extend_from_slice(&name_hash(id.aggregate_type(), id.id()));
    key
}

/// What the entries of a model begin with.
pub(crate) fn model_prefix(model: u8) -> [u8; 2] {
    [MODEL, model]
}

/// The first key behind all that begin with a prefix. No prefix ends in the highest byte all through.
pub(crate) fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}

fn read_place(value: &[u8]) -> Result<Place, IndexError> {
    let (position, index) = value.split_first_chunk().ok_or_else(damaged)?;
    let index: [u8; 4] = index.try_into().map_err(|_| damaged())?;
    Ok(Place {
        position: u64::from_be_bytes(*position),
        index: u32::from_be_bytes(index),
    })
}

fn damaged() -> IndexError {
    IndexError("an entry cannot be read".to_owned())
}
