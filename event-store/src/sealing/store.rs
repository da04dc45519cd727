//! The store's methods for sealing: they open events, and create, destroy, re-wrap and restore keys.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{KeptKey, Key, KeyCensus, KeyError, KeyRestored, Keyring, Rewrapped, body};
use crate::{AppendError, EventStore, LoadError, RecordedEvent, check_token};
use bytes::Bytes;

impl EventStore {
    /// Opens events. Returns their bodies in order, with the sealed fields in the clear. Fields of a person whose key
    /// has been destroyed are null.
    ///
    /// # Errors
    /// A key is unavailable, or a field is not what was sealed.
    pub async fn open(&self, events: &[RecordedEvent]) -> Result<Vec<Bytes>, LoadError> {
        self.open_without(events, &BTreeSet::new()).await
    }

    /// As [`EventStore::open`], but treats the keys of some people as destroyed, whether or not they are.
    ///
    /// # Errors
    /// As [`EventStore::open`].
    pub async fn open_without(
        &self,
        events: &[RecordedEvent],
        erased: &BTreeSet<String>,
    ) -> Result<Vec<Bytes>, LoadError> {
        let people: BTreeSet<&str> = events
            .iter()
            .filter_map(|event| event.sealed.as_ref())
            .map(|sealed| sealed.data_subject.as_str())
            .filter(|person| !erased.contains(*person))
            .collect();
        let mut keys = match people.is_empty() {
            true => HashMap::new(),
            false => self.keys(&people.into_iter().collect::<Vec<_>>()).await?,
        };
        keys.extend(erased.iter().map(|person| (person.clone(), Key::Destroyed)));
        events.iter().map(|event| open(event, &keys)).collect()
    }

    async fn keys(&self, people: &[&str]) -> Result<HashMap<String, Key>, LoadError> {
        self.keyring()?
            .keys(people)
            .await
            .map_err(|error| match error.passes() {
                true => LoadError::Unavailable(error.to_string()),
                false => LoadError::Sealed(error),
            })
    }

    /// Creates the keys of people about whom nothing has been written yet, concurrently. Later writes about them then
    /// do not wait for a key. Each id that is never used costs one entry.
    ///
    /// # Errors
    /// One of them has a key already, the keys could not be stored, or the outcome is unknown. Some keys may have
    /// been stored.
    pub async fn make_keys(&self, data_subjects: &[String]) -> Result<(), AppendError> {
        for person in data_subjects {
            check_data_subject(person)?;
        }
        self.keyring()?.make(data_subjects).await
    }

    /// Destroys a person's key. Data sealed under it then reads as erased everywhere, and no more personal data about
    /// the person can be appended. The call is idempotent.
    ///
    /// # Errors
    /// The keys cannot be reached. The key may have been destroyed all the same: repeat the call.
    pub async fn destroy_key(&self, data_subject: &str) -> Result<(), KeyError> {
        check_token(data_subject).map_err(|error| KeyError::Damaged(format!("a data subject {error}")))?;
        let destroyed = self.keyring()?.destroy(data_subject).await;
        self.states().clear();
        destroyed
    }

    /// Re-wraps all keys under the current master key. No event is changed. `done` is called with the number of
    /// entries checked and the total.
    ///
    /// # Errors
    /// The keys cannot be reached, a key is damaged, or a key needs a master key that was not given. Keys that have
    /// been re-wrapped by then stay so, and the others stay as they were.
    pub async fn rewrap_keys(&self, done: impl FnMut(u64, u64)) -> Result<Rewrapped, KeyError> {
        self.keyring()?.rewrap(done).await
    }

    /// Counts the keys.
    ///
    /// # Errors
    /// The keys cannot be reached, or one is damaged.
    pub async fn key_census(&self) -> Result<KeyCensus, KeyError> {
        self.keyring()?.census().await
    }

    /// The next stored key after a sequence, with its sequence. 0 starts at the first key.
    ///
    /// # Errors
    /// The keys cannot be reached, or one is damaged.
    pub async fn next_kept_key(&self, after: u64) -> Result<Option<(u64, KeptKey)>, KeyError> {
        self.keyring()?.next_kept(after).await
    }

    /// Restores keys from a backup. A key that has been destroyed here stays destroyed. A key that has been destroyed
    /// in the backup is destroyed here.
    ///
    /// # Errors
    /// A master key is missing, a person already has a different key, or the keys cannot be reached. Some keys may
    /// have been stored: repeat the call.
    pub async fn restore_keys(&self, keys: &[KeptKey]) -> Result<Vec<KeyRestored>, KeyError> {
        self.keyring()?.restore(keys).await
    }

    /// Seals bytes under a person's key.
    pub(crate) async fn seal_blob(&self, person: &str, binding: &[u8], bytes: &[u8]) -> Result<Vec<u8>, String> {
        let keyring = self.keyring().map_err(|error| error.to_string())?;
        let key = keyring
            .key_to_seal(person, false)
            .await
            .map_err(|error| error.to_string())?;
        key.encrypt(binding, bytes)
            .map_err(|_| "it cannot be sealed".to_owned())
    }

    /// Opens bytes that [`EventStore::seal_blob`] sealed.
    pub(crate) async fn open_blob(&self, person: &str, binding: &[u8], sealed: &[u8]) -> Result<Vec<u8>, String> {
        let keys = self.keys(&[person]).await.map_err(|error| error.to_string())?;
        match keys.get(person) {
            Some(Key::Known(key)) => key
                .decrypt(binding, sealed)
                .map_err(|_| "it cannot be opened".to_owned()),
            Some(Key::Destroyed) | None => Err("its key has been destroyed".to_owned()),
        }
    }

    pub(crate) fn keyring(&self) -> Result<&Arc<Keyring>, KeyError> {
        self.optional_keyring().ok_or(KeyError::NotConfigured)
    }
}

fn check_data_subject(person: &str) -> Result<(), AppendError> {
    check_token(person).map_err(|error| AppendError::Refused(format!("a data subject {error}")))
}

fn open(event: &RecordedEvent, keys: &HashMap<String, Key>) -> Result<Bytes, LoadError> {
    let Some(sealed) = &event.sealed else {
        return Ok(event.data.clone());
    };
    let key = keys
        .get(&sealed.data_subject)
        .ok_or_else(|| LoadError::Sealed(KeyError::Missing(sealed.data_subject.clone())))?;
    body::open(key, event.id, sealed, &event.data).map_err(|reason| LoadError::body(event, reason))
}
