//! Backup and restore of keys. Keys are backed up wrapped, so they are worthless without the master key.

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::{
    KeyError, Keyring,
    attempts::{MAX_ATTEMPTS, pause_before},
    keys_stream::Entry,
};
use crate::{AppendError, check_token};

/// A person's key as stored: wrapped by a master key, or marked as destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptKey {
    /// The person: an opaque id.
    pub data_subject: String,
    #[serde(flatten)]
    entry: Entry,
}

/// The result of restoring a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRestored {
    /// The key has been stored.
    Stored,
    /// The key was present already, or has since been destroyed here: what has been erased stays erased.
    AlreadyThere,
}

impl Keyring {
    /// The next key of any person after a sequence, with its sequence. 0 starts at the first key.
    pub(crate) async fn next_kept(&self, after: u64) -> Result<Option<(u64, KeptKey)>, KeyError> {
        let next = self.stream.next(after).await?;
        Ok(next.map(|(data_subject, stored)| {
            let entry = stored.entry;
            (stored.sequence, KeptKey { data_subject, entry })
        }))
    }

    /// Restores keys concurrently. Returns the results in order, or the first error.
    pub(crate) async fn restore(&self, keys: &[KeptKey]) -> Result<Vec<KeyRestored>, KeyError> {
        let restored = join_all(keys.iter().map(|key| self.restore_one(key))).await;
        restored.into_iter().collect()
    }

    async fn restore_one(&self, key: &KeptKey) -> Result<KeyRestored, KeyError> {
        let KeptKey { data_subject, entry } = key;
        check_token(data_subject).map_err(|error| KeyError::Damaged(format!("a data subject {error}")))?;
        // A key that does not unwrap here would be useless, because its master key is missing.
        let bytes = self.unwrap_entry(data_subject, entry).await?;
        for attempt in 0..MAX_ATTEMPTS {
            pause_before(attempt).await;
            let Some(present) = self.stream.find_at_leader(data_subject).await? else {
                match self.stream.create(&[(data_subject, entry.clone())]).await {
                    Ok(()) => return Ok(KeyRestored::Stored),
                    Err(AppendError::Conflict | AppendError::OutcomeUnknown) => continue,
                    Err(error) => return Err(KeyError::Unavailable(error.to_string())),
                }
            };
            return match (&present.entry, entry) {
                (Entry::Destroyed, _) => Ok(KeyRestored::AlreadyThere),
                (Entry::Wrapped { .. }, Entry::Destroyed) => {
                    self.destroy(data_subject).await?;
                    Ok(KeyRestored::Stored)
                }
                (present, _) if self.unwrap_entry(data_subject, present).await? == bytes => {
                    Ok(KeyRestored::AlreadyThere)
                }
                _ => Err(KeyError::Another(data_subject.clone())),
            };
        }
        Err(KeyError::Unavailable(
            "other processes keep changing the key".to_owned(),
        ))
    }
}
