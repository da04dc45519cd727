//! The store's side of sealing: appends are sealed on their way out, events are opened on their way in.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{KeptKey, Key, KeyCensus, KeyError, KeyRestored, Keyring, Rewrapped, body};
use crate::{AppendError, EventStore, LoadError, RecordedEvent, check_token};
use bytes::Bytes;

impl EventStore {
    /// Opens events: their bodies, in order, with the sealed fields as they were before they were sealed. Those of a
    /// person whose key has been destroyed are null.
    ///
    /// # Errors
    /// A key cannot be had, or a field is not what was sealed.
    pub async fn open(&self, events: &[RecordedEvent]) -> Result<Vec<Bytes>, LoadError> {
        self.open_without(events, &BTreeSet::new()).await
    }

    /// As [`EventStore::open`], with the keys of some people taken for destroyed, whether they are or not.
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

    /// Makes the keys of people of whom nothing has been written yet, side by side: what is written about each of them then
    /// does not wait for a key. Ids that are never used cost an entry each.
    ///
    /// # Errors
    /// One of them has a key already, or the keys could not be stored, or it is not known whether they were. Some may have
    /// been.
    pub async fn make_keys(&self, data_subjects: &[String]) -> Result<(), AppendError> {
        for person in data_subjects {
            check_data_subject(person)?;
        }
        self.keyring()?.make(data_subjects).await
    }

    /// Destroys a person's key. What was sealed under it reads as erased from then on, here and everywhere, and nothing
    /// personal can be appended about them any more. Doing so again changes nothing.
    ///
    /// # Errors
    /// The keys cannot be reached. The key may have been destroyed all the same: do it again.
    pub async fn destroy_key(&self, data_subject: &str) -> Result<(), KeyError> {
        check_token(data_subject).map_err(|error| KeyError::Damaged(format!("a data subject {error}")))?;
        let destroyed = self.keyring()?.destroy(data_subject).await;
        self.states().clear();
        destroyed
    }

    /// Wraps all keys anew under the present master key. No event is touched. `done` hears how many of how many entries
    /// have been looked at.
    ///
    /// # Errors
    /// The keys cannot be reached, or one is damaged or needs a master key that was not given. What has been wrapped
    /// anew by then stays so, and the rest stays as it was.
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

    /// The next key after a place among all, as it is kept, and its place. Place 0 is before the first.
    ///
    /// # Errors
    /// The keys cannot be reached, or one is damaged.
    pub async fn next_kept_key(&self, after: u64) -> Result<Option<(u64, KeptKey)>, KeyError> {
        self.keyring()?.next_kept(after).await
    }

    /// Stores keys of a backup. A key that has been destroyed here stays so, and one that has been destroyed in the backup
    /// is destroyed here.
    ///
    /// # Errors
    /// A master key is missing, somebody has another key already, or the keys cannot be reached. Some may have been
    /// stored: do it again.
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

    /// Opens what [`EventStore::seal_blob`] sealed.
    pub(crate) async fn open_blob(&self, person: &str, binding: &[u8], sealed: &[u8]) -> Result<Vec<u8>, String> {
        let keys = self.keys(&[person]).await.map_err(|error| error.to_string())?;
        match keys.get(person) {
            Some(Key::Known(key)) => key.decrypt(binding, sealed).map_err(|_| "it does not open".to_owned()),
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
