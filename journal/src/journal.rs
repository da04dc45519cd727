//! The journal: opens the streams of the clinic, and manages keys, indexes and checks of the log.

use std::time::Duration;

use chrono::{DateTime, Utc};
use event_store::{
    AppendError, CommitHash, ConnectError, EventStore, IndexStorage, KeyCensus, KeyError, NoticeError, Options, Place,
    RecordedEvent, Rewrapped, StreamError, StreamSettings, StreamStatus, Verification,
};
use platform::{
    Health,
    config::{JournalSettings, NatsSettings},
    health::Readiness,
    process::WrongSetting,
};

use crate::{
    Context, EndedSession, EndedSessions, ReadError, ended_sessions,
    keys::{self, KeySettingsError},
};

/// The `source` of events.
const SOURCE: &str = "urn:anamnesis";

/// Why the journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store could not be opened.
    #[error(transparent)]
    Connect(ConnectError),
    /// The address or the namespace of NATS, or a master key, is not valid.
    #[error("{0}")]
    Setting(#[source] WrongSetting),
}

impl From<ConnectError> for OpenError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Address(_) | ConnectError::Namespace(_) => Self::Setting(WrongSetting::new(error)),
            _ => Self::Connect(error),
        }
    }
}

impl From<KeySettingsError> for OpenError {
    fn from(error: KeySettingsError) -> Self {
        Self::Setting(WrongSetting::new(error))
    }
}

/// The clinic's log. Clones are cheap and share one connection.
#[derive(Clone, Debug)]
pub struct Journal {
    store: EventStore,
}

impl Journal {
    /// Connects to NATS and opens the streams: creates missing ones, and changes existing ones to the settings. The
    /// journal can follow and read them, but cannot decide.
    ///
    /// # Errors
    /// The server cannot be reached or is too old, or a stream is not safe for events.
    pub async fn open(settings: &JournalSettings) -> Result<Self, OpenError> {
        Self::connect(options(settings)?).await
    }

    /// As [`Journal::open`], for deciding commands. The local indexes are in the folder from the settings, or
    /// temporary if there is none.
    ///
    /// # Errors
    /// As [`Journal::open`], or the indexes cannot be opened.
    pub async fn open_to_decide(settings: &JournalSettings) -> Result<Self, OpenError> {
        let folder = &settings.index_dir;
        let index = match folder.as_os_str().is_empty() {
            true => IndexStorage::Temporary,
            false => IndexStorage::Folder(folder.clone()),
        };
        let journal = Self::connect(Options {
            index: Some(index),
            ..options(settings)?
        })
        .await?;
        journal.store.warm_up();
        Ok(journal)
    }

    /// As [`Journal::open`], but leaves existing streams unchanged: for operator commands that run beside the
    /// services and may not know their settings. Decisions use a temporary index.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub async fn open_as_guest(settings: &JournalSettings) -> Result<Self, OpenError> {
        Self::connect(Options {
            mends_streams: false,
            index: Some(IndexStorage::Temporary),
            ..options(settings)?
        })
        .await
    }

    /// As [`Journal::open`], but leaves existing streams unchanged.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub async fn open_to_read(settings: &JournalSettings) -> Result<Self, OpenError> {
        Self::connect(Options {
            mends_streams: false,
            ..options(settings)?
        })
        .await
    }

    async fn connect(options: Options) -> Result<Self, OpenError> {
        let store = EventStore::connect(options, &Context::ALL.map(Context::definition)).await?;
        Ok(Self { store })
    }

    /// Folds everything that a context's stream holds now into the local index, however long that takes. `progress`
    /// is called with the position reached and the end.
    ///
    /// # Errors
    /// The stream cannot be asked or followed.
    pub async fn catch_up(&self, context: Context, progress: impl FnMut(u64, u64)) -> Result<(), AppendError> {
        self.store.catch_up(context.definition(), progress).await
    }

    /// Waits until decisions see the commit at a position of a context's stream.
    ///
    /// # Errors
    /// The stream cannot be followed, or not in time.
    pub async fn reach(&self, context: Context, position: u64) -> Result<(), AppendError> {
        self.store.reach(context.definition(), position).await
    }

    /// Stops deciding, and writes the local indexes to their files, so that the next start folds nothing again.
    pub async fn close(self) {
        self.store.close().await;
    }

    /// Creates the keys of people about whom nothing has been written yet, concurrently.
    ///
    /// # Errors
    /// One of them has a key already, the keys could not be stored, or the outcome is unknown.
    pub async fn make_keys(&self, data_subjects: &[String]) -> Result<(), AppendError> {
        self.store.make_keys(data_subjects).await
    }

    /// Destroys the key of a person's data. The call is idempotent.
    ///
    /// # Errors
    /// The keys cannot be reached. The key may have been destroyed all the same: repeat the call.
    pub async fn forget_person(&self, data_subject: &str) -> Result<(), KeyError> {
        self.store.destroy_key(data_subject).await
    }

    /// Tells every process that a session has ended before its tokens expire. The call can be repeated.
    ///
    /// # Errors
    /// The server does not answer. The session may have been announced all the same.
    pub async fn tell_of_ended_session(&self, ended: EndedSession) -> Result<(), NoticeError> {
        ended_sessions::tell(&self.store, ended).await
    }

    /// Follows the sessions that have ended before their tokens expire.
    #[must_use]
    pub fn ended_sessions(&self) -> EndedSessions {
        EndedSessions::of(&self.store)
    }

    /// Re-wraps all keys under the current master key. `done` is called with the number of entries checked and the
    /// total.
    ///
    /// # Errors
    /// The keys cannot be reached, or need a master key that was not given. The call can be repeated.
    pub async fn rewrap_keys(&self, done: impl FnMut(u64, u64)) -> Result<Rewrapped, KeyError> {
        self.store.rewrap_keys(done).await
    }

    /// Counts the keys of personal data.
    ///
    /// # Errors
    /// The keys cannot be reached.
    pub async fn key_census(&self) -> Result<KeyCensus, KeyError> {
        self.store.key_census().await
    }

    /// The last position of a context's stream, and its number of commits.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn status(&self, context: Context) -> Result<StreamStatus, StreamError> {
        self.store.status(context.definition()).await
    }

    /// The hash of the commit at a position of a context's stream; `None` if there is no commit.
    ///
    /// # Errors
    /// The log cannot be reached, or the commit cannot be read.
    pub async fn commit_hash(&self, context: Context, position: u64) -> Result<Option<CommitHash>, ReadError> {
        let commit = self.store.commit_at(context.definition(), position).await?;
        Ok(commit.map(|commit| commit.hash()))
    }

    /// When the first event of the commit at a position was decided; `None` if there is no such event.
    ///
    /// # Errors
    /// The log cannot be reached, or the commit cannot be read.
    pub async fn time_of(&self, context: Context, position: u64) -> Result<Option<DateTime<Utc>>, ReadError> {
        let commit = self.store.commit_at(context.definition(), position).await?;
        Ok(commit.and_then(|commit| commit.events.first().map(|event| event.metadata.time)))
    }

    /// The recorded events at these places of a context's stream, in the given order. Their bodies are not opened.
    ///
    /// # Errors
    /// The log cannot be reached, a place has no event, or an event cannot be read.
    pub async fn recorded_at(&self, context: Context, places: &[Place]) -> Result<Vec<RecordedEvent>, ReadError> {
        Ok(self.store.events_at(context.definition(), places).await?)
    }

    /// Reads a context's stream from its beginning to its end, and returns the first fault, if any. `progress` is
    /// called with the position reached and the end.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn verify(&self, context: Context, progress: impl FnMut(u64, u64)) -> Result<Verification, StreamError> {
        self.store.verify(context.definition(), progress).await
    }

    /// Adds a check to a process's health: that the log answers.
    #[must_use]
    pub fn health(&self, health: Health) -> Health {
        let journal = self.clone();
        health.probe("event log", move || {
            let journal = journal.clone();
            async move { journal.check().await }
        })
    }

    /// Checks that every stream answers and, if this process decides commands, that commands are decided in it.
    async fn check(&self) -> Readiness {
        for context in Context::ALL {
            self.status(context).await.map_err(|error| error.to_string())?;
            if self.store.has_index() {
                self.store.decides(context.definition())?;
            }
        }
        Ok(())
    }

    pub(crate) const fn store(&self) -> &EventStore {
        &self.store
    }
}

/// The event store's options, from the settings.
fn options(settings: &JournalSettings) -> Result<Options, KeySettingsError> {
    Ok(Options {
        queue_appends: settings.queue_appends,
        remembered_states: settings.remembered_aggregates,
        sealing: keys::sealing(&settings.sealing)?,
        ..options_to_look(&settings.nats)
    })
}

/// As [`options`], without keys, for callers that append nothing.
pub(crate) fn options_to_look(nats: &NatsSettings) -> Options {
    let chosen = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Options {
        url: nats.url.expose().to_owned(),
        namespace: nats.namespace.clone(),
        source: SOURCE.to_owned(),
        streams: StreamSettings {
            replicas: nats.replicas,
            placement_cluster: chosen(&nats.placement_cluster),
            placement_tags: nats.placement_tags.split(',').filter_map(chosen).collect(),
            max_bytes: Some(nats.max_stream_bytes).filter(|bytes| *bytes > 0),
        },
        mends_streams: true,
        request_timeout: Duration::from_millis(nats.request_timeout_ms),
        queue_appends: 1,
        remembered_states: 1,
        sealing: None,
        index: None,
    }
}

#[cfg(test)]
mod tests {
    use settings::Settings;

    use super::*;

    #[test]
    fn empty_settings_choose_nothing() {
        let mut nats = Settings::defaults().expect("the defaults").nats;
        let streams = |nats: &NatsSettings| options_to_look(nats).streams;
        assert_eq!(streams(&nats), StreamSettings::default());
        nats.placement_cluster = "eu".to_owned();
        nats.placement_tags = "ssd, az1,".to_owned();
        nats.max_stream_bytes = 7;
        let expected = StreamSettings {
            replicas: 1,
            placement_cluster: Some("eu".to_owned()),
            placement_tags: vec!["ssd".to_owned(), "az1".to_owned()],
            max_bytes: Some(7),
        };
        assert_eq!(streams(&nats), expected);
    }
}
