//! The local index of a stream: the places of each aggregate's events, the entries of decision models, and used keys.
//! It is folded from the stream, kept in a file that can be lost, and holds no personal data.
//!
//! All entries share one ordered table; the first byte of a key is the kind of the entry. New entries wait in memory
//! and are written to the file from time to time, together with the position that they lead to.

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
pub(crate) use layer::{DecidedState, Entries, Entry, Layer, Read, get_through, last_through, range_through};
pub(crate) use model::{fold, without_prefix};

use crate::{AggregateId, Place, Receipt, RecordedEvent};

/// How many entries wait in memory before they are written to the file, and the maximum.
const ENTRIES_IN_MEMORY: usize = 20_000;
const MOST_ENTRIES_IN_MEMORY: usize = 400_000;

const EVENT: u8 = b'e';
const MODEL: u8 = b'm';
const RECEIPT: u8 = b'r';
const SNAPSHOT: u8 = b's';

/// Where a store keeps its local indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexStorage {
    /// In this folder, one file per stream. If another process uses the file, a temporary file takes its place.
    Folder(PathBuf),
    /// In a temporary file, rebuilt at each start.
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

/// The head of an aggregate: its version, and the position of its last event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The aggregate's version; 0 if it does not exist.
    pub version: u64,
    /// The position of the commit that holds its last event; 0 if there is none.
    pub position: u64,
}

/// An idempotency key that has been used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedKey {
    /// The receipt in the commit.
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
    /// The first error in reading the file, if there was one.
    fault: OnceLock<String>,
}

/// Entries that are not in the file yet.
#[derive(Debug, Default)]
struct Recent {
    entries: Entries,
    /// The entries that are being written to the file.
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

    /// The position and the hash of the last folded commit.
    pub(crate) fn standing(&self) -> Standing {
        self.recent().standing
    }

    /// Watches the position of the last folded commit.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.position.subscribe()
    }

    /// Applies the changes of a commit.
    pub(crate) fn apply(&self, changes: Entries, standing: Standing) {
        let mut recent = self.recent_mut();
        recent.entries.extend(changes);
        recent.standing = standing;
        drop(recent);
        self.position.send_replace(standing.position);
    }

    /// Stores a snapshot. It follows from commits that have been folded.
    pub(crate) fn put_snapshot(&self, id: &AggregateId, snapshot: Vec<u8>) {
        self.recent_mut().entries.insert(snapshot_key(id), Some(snapshot));
    }

    pub(crate) fn snapshot(&self, id: &AggregateId) -> Result<Option<Vec<u8>>, IndexError> {
        self.get(&snapshot_key(id))
    }

    /// Whether entries wait to be written to the file.
    pub(crate) fn is_dirty(&self) -> bool {
        !self.recent().entries.is_empty()
    }

    /// Whether so many entries wait that they should be written to the file.
    pub(crate) fn is_full(&self) -> bool {
        self.recent().entries.len() >= ENTRIES_IN_MEMORY
    }

    /// Whether so many entries wait that they must be written to the file before any are added.
    pub(crate) fn is_overfull(&self) -> bool {
        self.recent().entries.len() >= MOST_ENTRIES_IN_MEMORY
    }

    /// The first error in reading the file, if there was one. It is permanent, because later answers could be wrong.
    pub(crate) fn fault(&self) -> Option<String> {
        self.fault.get().cloned()
    }

    fn told<T>(&self, read: Result<T, IndexError>) -> Result<T, IndexError> {
        if let Err(error) = &read {
            let _ = self.fault.set(error.to_string());
        }
        read
    }

    /// Writes the waiting entries to the file. Blocks.
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

    /// Clears the index, because the file belongs to another log.
    pub(crate) fn clear(&self) -> Result<(), IndexError> {
        let mut recent = self.recent_mut();
        *recent = Recent::default();
        drop(recent);
        self.position.send_replace(0);
        self.file.clear()
    }

    /// The places of an aggregate's events after a version, in order.
    pub(crate) fn places(&self, id: &AggregateId, after: u64) -> Result<Vec<Place>, IndexError> {
        let prefix = event_prefix(id);
        let from = event_key(&prefix, after + 1);
        let entries = self.range(&from, &end_of(&prefix))?;
        entries.values().map(|value| read_place(value)).collect()
    }

    /// The place of the event that brought an aggregate to a version.
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
        // The file is read under the lock, so that an entry that is being written is seen in one of the two places.
        let recent = self.recent();
        let mut found = self.told(self.file.range(from, to))?;
        for entries in [&*recent.flushing, &recent.entries] {
            layer::overlay(&mut found, entries, from, to);
        }
        Ok(found)
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Entry>, IndexError> {
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

/// The head of an aggregate. Events are only ever added, so the newest layer with an event of the aggregate has the
/// last one.
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

/// Records the place of an event.
pub(crate) fn note_event(layer: &mut Layer, event: &RecordedEvent) {
    let prefix = event_prefix_of(&event.aggregate_type, &event.aggregate_id);
    let mut value = event.position.to_be_bytes().to_vec();
    value.extend_from_slice(&event.index.to_be_bytes());
    layer.entries.insert(event_key(&prefix, event.version), Some(value));
}

/// Records the use of a key.
pub(crate) fn note_receipt(layer: &mut Layer, receipt: &Receipt, position: u64) {
    let mut value = position.to_be_bytes().to_vec();
    value.extend_from_slice(&(receipt.fingerprint.len() as u64).to_be_bytes());
    value.extend_from_slice(receipt.fingerprint.as_bytes());
    value.extend_from_slice(receipt.outcome.as_bytes());
    layer.entries.insert(receipt_key(&receipt.key), Some(value));
}

/// The receipt of a key and its position, if the key has been used.
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

/// The key holds a hash of the name, which is short and of fixed length.
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

/// The key prefix of a model's entries.
pub(crate) fn model_prefix(model: u8) -> [u8; 2] {
    [MODEL, model]
}

/// The first key after all keys with a prefix. No prefix consists only of the highest byte.
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
