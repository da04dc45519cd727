//! Re-wraps all keys under the current master key, so that an old master key can be retired. Events stay unchanged,
//! because only the data keys are wrapped.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    KeyError, Keyring,
    keys_stream::{Entry, Stored},
};

/// The result of re-wrapping all keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys that have been re-wrapped.
    pub rewrapped: u64,
    /// Keys that the current master key had already wrapped.
    pub current: u64,
    /// Keys that have been destroyed.
    pub destroyed: u64,
}

/// The number of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyCensus {
    /// How many keys each master key wraps, by its name.
    pub wrapped_by: BTreeMap<String, u64>,
    /// How many keys have been destroyed.
    pub destroyed: u64,
}

impl Keyring {
    /// Re-wraps every key that the current master key does not wrap. `done` is called after each key with the number
    /// of entries checked and the number of entries at the start.
    pub(crate) async fn rewrap(&self, mut done: impl FnMut(u64, u64)) -> Result<Rewrapped, KeyError> {
        let total = self.stream.len().await?;
        let (mut outcome, mut after, mut seen) = (Rewrapped::default(), 0, 0);
        while let Some((person, stored)) = self.stream.next(after).await? {
            after = stored.sequence;
            match &stored.entry {
                Entry::Destroyed => outcome.destroyed += 1,
                Entry::Wrapped { master_key, .. } if master_key == self.masters.current_id() => outcome.current += 1,
                Entry::Wrapped { .. } => outcome.rewrapped += u64::from(self.rewrap_one(&person, &stored).await?),
            }
            seen += 1;
            done(seen.min(total), total);
        }
        // A re-wrapped key gets a later sequence, and was met again as current.
        outcome.current = outcome.current.saturating_sub(outcome.rewrapped);
        Ok(outcome)
    }

    /// Returns whether the key was re-wrapped. Another process may have destroyed or re-wrapped it at the same
    /// moment.
    async fn rewrap_one(&self, person: &str, stored: &Stored) -> Result<bool, KeyError> {
        let Entry::Wrapped { master_key, wrapped } = &stored.entry else {
            return Ok(false);
        };
        let bytes = self.unwrap_bytes(person, master_key, wrapped).await?;
        let entry = Entry::wrapped(self.masters.wrap(person.as_bytes(), &bytes).await?);
        let id = Uuid::from_u128(u128::from(stored.sequence));
        let Some(sequence) = self.stream.replace(person, id, stored.sequence, &entry).await? else {
            return Ok(false);
        };
        self.stream.erase_before(person, sequence).await?;
        Ok(true)
    }

    /// Counts the keys.
    pub(crate) async fn census(&self) -> Result<KeyCensus, KeyError> {
        let (mut census, mut after) = (KeyCensus::default(), 0);
        while let Some((_, stored)) = self.stream.next(after).await? {
            after = stored.sequence;
            match stored.entry {
                Entry::Destroyed => census.destroyed += 1,
                Entry::Wrapped { master_key, .. } => *census.wrapped_by.entry(master_key).or_default() += 1,
            }
        }
        Ok(census)
    }
}
