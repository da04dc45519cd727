//! The keyring: finds, creates and destroys people's keys, and caches keys in memory, within bounds.
//!
//! A key that another process destroys leaves this process's cache at once while the connection stands, because the
//! other process announces it on a separate subject. The cache is also cleared when a lost connection has been
//! replaced, and every entry expires after [`CACHED_FOR`].

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_nats::Subject;
use bytes::Bytes;
use futures_util::StreamExt as _;
use quick_cache::sync::Cache;
use tokio::{sync::watch, task::AbortHandle, time::Instant};

use super::{
    Key, KeyError, MasterKeys, Sealing,
    attempts::{MAX_ATTEMPTS, pause_before},
    data_key::{DataKey, KEY_LEN, generate},
    keys_stream::{Entry, KeysStream, Stored, new_id},
};
use crate::{AppendError, StreamError};

/// How long a cached key is used before it is looked up again.
const CACHED_FOR: Duration = Duration::from_secs(300);

/// Finds, creates and destroys keys.
#[derive(Debug)]
pub(crate) struct Keyring {
    pub(super) stream: KeysStream,
    pub(super) masters: MasterKeys,
    cache: Arc<Cached>,
    listener: AbortHandle,
}

/// The cached keys, each with the time of the last lookup. A key that was created in advance has no time until its
/// first use, because no other process knows it.
struct Cached(Cache<String, (Arc<DataKey>, Option<Instant>)>);

impl std::fmt::Debug for Cached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cached").field("len", &self.0.len()).finish()
    }
}

impl Cached {
    fn get(&self, person: &str) -> Option<Arc<DataKey>> {
        let (key, since) = self.0.get(person)?;
        match since {
            Some(since) => (since.elapsed() < CACHED_FOR).then_some(key),
            None => {
                self.put(person, &key);
                Some(key)
            }
        }
    }

    fn put(&self, person: &str, key: &Arc<DataKey>) {
        self.0
            .insert(person.to_owned(), (Arc::clone(key), Some(Instant::now())));
    }

    fn put_unused(&self, person: &str, key: DataKey) {
        self.0.insert(person.to_owned(), (Arc::new(key), None));
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Keyring {
    /// Starts the keyring. `forget` is called whenever a key may have been destroyed, so that other caches can be
    /// cleared.
    pub(super) async fn start(
        stream: KeysStream,
        sealing: &Sealing,
        connections: watch::Receiver<u64>,
        forget: impl Fn() + Send + 'static,
    ) -> Result<Self, StreamError> {
        let cache = Arc::new(Cached(Cache::new(sealing.cached_keys)));
        let told = stream.wire().client().subscribe(destroyed_subject(&stream)).await;
        let told = told.map_err(|error| StreamError::Unavailable {
            stream: stream.name().to_owned(),
            reason: error.to_string(),
        })?;
        let listener = tokio::spawn(listen(told, connections, Arc::clone(&cache), forget)).abort_handle();
        Ok(Self {
            stream,
            masters: sealing.master_keys.clone(),
            cache,
            listener,
        })
    }

    /// The keys of these people, to open their events.
    pub(crate) async fn keys(&self, people: &[&str]) -> Result<HashMap<String, Key>, KeyError> {
        let mut keys = HashMap::new();
        let mut unknown = Vec::new();
        for person in people {
            match self.cache.get(person) {
                Some(key) => drop(keys.insert((*person).to_owned(), Key::Known(key))),
                None => unknown.push(*person),
            }
        }
        if unknown.is_empty() {
            return Ok(keys);
        }
        let mut found = self.stream.find(&unknown).await?;
        for person in unknown {
            let stored = match found.remove(person) {
                Some(stored) => stored,
                // A replica can lag. Only the leader can tell that there is no key.
                None => self
                    .stream
                    .find_at_leader(person)
                    .await?
                    .ok_or_else(|| KeyError::Missing(person.to_owned()))?,
            };
            keys.insert(person.to_owned(), self.unwrap(person, &stored.entry).await?);
        }
        Ok(keys)
    }

    /// The key of a person whose data is about to be written. Creates a key if there is none. With `is_new`, the
    /// person is most likely new, and the first attempt creates a key without a lookup.
    ///
    /// # Errors
    /// The key has been destroyed, so nothing more is written about this person; or the key is unavailable.
    pub(crate) async fn key_to_seal(&self, person: &str, is_new: bool) -> Result<Arc<DataKey>, AppendError> {
        if let Some(key) = self.cache.get(person) {
            return Ok(key);
        }
        for attempt in 0..MAX_ATTEMPTS {
            pause_before(attempt).await;
            let found = match is_new && attempt == 0 {
                true => None,
                false => self.stream.find_at_leader(person).await?,
            };
            match found {
                Some(stored) => match self.unwrap(person, &stored.entry).await? {
                    Key::Known(key) => return Ok(key),
                    Key::Destroyed => return Err(AppendError::DataSubjectErased),
                },
                None => {
                    let bytes = random_key()?;
                    let entry = (person, self.wrap(person, &bytes).await?);
                    match self.stream.create(&[entry]).await {
                        Ok(()) => return Ok(self.keep(person, &bytes)?),
                        // Another process was first, or the outcome is unknown: the next lookup tells.
                        Err(AppendError::Conflict | AppendError::OutcomeUnknown) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Err(AppendError::Unavailable(
            "other processes keep creating the key".to_owned(),
        ))
    }

    /// The key of a person, if it is cached.
    pub(crate) fn cached(&self, person: &str) -> Option<Arc<DataKey>> {
        self.cache.get(person)
    }

    /// Creates the keys of people who have none yet, concurrently.
    ///
    /// # Errors
    /// One of them has a key already, or the keys cannot be stored. Some may have been stored.
    pub(crate) async fn make(&self, people: &[String]) -> Result<(), AppendError> {
        let mut made = Vec::with_capacity(people.len());
        let mut entries = Vec::with_capacity(people.len());
        for person in people {
            let bytes = random_key()?;
            made.push(usable(&bytes)?);
            entries.push((person.as_str(), self.wrap(person, &bytes).await?));
        }
        if !entries.is_empty() {
            self.stream.create(&entries).await?;
        }
        for (person, key) in people.iter().zip(made) {
            self.cache.put_unused(person, key);
        }
        Ok(())
    }

    /// Destroys a person's key: data sealed under it can never be opened again. It is idempotent.
    pub(crate) async fn destroy(&self, person: &str) -> Result<(), KeyError> {
        for attempt in 0..MAX_ATTEMPTS {
            pause_before(attempt).await;
            let seen = self.stream.find_at_leader(person).await?;
            let destroyed = match seen {
                Some(Stored {
                    sequence,
                    entry: Entry::Destroyed,
                }) => Some(sequence),
                seen => {
                    let seen = seen.map_or(0, |stored| stored.sequence);
                    self.stream.replace(person, new_id(), seen, &Entry::Destroyed).await?
                }
            };
            let Some(sequence) = destroyed else { continue };
            self.stream.erase_before(person, sequence).await?;
            self.cache.0.remove(person);
            return self.announce(person).await;
        }
        Err(KeyError::Unavailable(
            "other processes keep changing the key".to_owned(),
        ))
    }

    async fn announce(&self, person: &str) -> Result<(), KeyError> {
        let client = self.stream.wire().client();
        let told = client
            .publish(
                Subject::from(destroyed_subject(&self.stream)),
                Bytes::from(person.to_owned()),
            )
            .await;
        told.map_err(|error| KeyError::Unavailable(error.to_string()))?;
        client
            .flush()
            .await
            .map_err(|error| KeyError::Unavailable(error.to_string()))
    }

    async fn wrap(&self, person: &str, bytes: &[u8; KEY_LEN]) -> Result<Entry, KeyError> {
        Ok(Entry::wrapped(self.masters.wrap(person.as_bytes(), bytes).await?))
    }

    async fn unwrap(&self, person: &str, entry: &Entry) -> Result<Key, KeyError> {
        match self.unwrap_entry(person, entry).await? {
            None => Ok(Key::Destroyed),
            Some(bytes) => Ok(Key::Known(self.keep(person, &bytes)?)),
        }
    }

    pub(super) async fn unwrap_bytes(
        &self,
        person: &str,
        master_key: &str,
        wrapped: &str,
    ) -> Result<[u8; KEY_LEN], KeyError> {
        let wrapped = Entry::decode_wrapped(master_key, wrapped)?;
        self.masters.unwrap(person.as_bytes(), &wrapped).await
    }

    /// The bytes of an entry's key, or `None` if the key has been destroyed.
    pub(super) async fn unwrap_entry(&self, person: &str, entry: &Entry) -> Result<Option<[u8; KEY_LEN]>, KeyError> {
        match entry {
            Entry::Destroyed => Ok(None),
            Entry::Wrapped { master_key, wrapped } => self.unwrap_bytes(person, master_key, wrapped).await.map(Some),
        }
    }

    fn keep(&self, person: &str, bytes: &[u8; KEY_LEN]) -> Result<Arc<DataKey>, KeyError> {
        let key = Arc::new(usable(bytes)?);
        self.cache.put(person, &key);
        Ok(key)
    }
}

fn random_key() -> Result<[u8; KEY_LEN], AppendError> {
    generate().map_err(|_| AppendError::Unavailable("no random numbers are available".to_owned()))
}

fn usable(bytes: &[u8; KEY_LEN]) -> Result<DataKey, KeyError> {
    DataKey::new(bytes).map_err(|_| KeyError::Damaged("a key cannot be used".to_owned()))
}

/// The subject on which destroyed keys are announced. It belongs to no stream.
fn destroyed_subject(stream: &KeysStream) -> String {
    format!("destroyed-{}", stream.subject_prefix().replace('.', "-"))
}

async fn listen(
    mut told: async_nats::Subscriber,
    mut connections: watch::Receiver<u64>,
    cache: Arc<Cached>,
    forget: impl Fn(),
) {
    loop {
        tokio::select! {
            message = told.next() => match message {
                Some(message) => drop(cache.0.remove(&*String::from_utf8_lossy(&message.payload))),
                None => return,
            },
            // Announcements during the outage were missed.
            changed = connections.changed() => match changed {
                Ok(()) => cache.0.clear(),
                Err(_) => return,
            },
        }
        forget();
    }
}
