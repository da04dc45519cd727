//! The journal: opens the streams, loads aggregates, commits units of work.

use std::time::Duration;

use domain::Decider;
use event_store::{
    AggregateId, Consistency, EventHash, EventStore, Options, StreamError, StreamSettings, StreamStatus, Verification,
};
use platform::{
    Health,
    config::{CommandSettings, NatsSettings},
    health::Readiness,
};

use crate::{CommandContext, CommitError, Context, Journaled, Loaded, ReadError, UnitOfWork};

/// What stands in `ce-source`.
const SOURCE: &str = "urn:anamnesis";

/// Why the journal could not be opened.
pub type OpenError = event_store::ConnectError;

/// The clinic's log. Cheap to clone: all clones share one connection.
#[derive(Clone, Debug)]
pub struct Journal {
    store: EventStore,
}

impl Journal {
    /// Connects to NATS and opens the streams: creates those that do not exist, and brings the others to the settings.
    ///
    /// # Errors
    /// The server cannot be reached or is too old, or a stream is not safe for events.
    pub async fn open(nats: &NatsSettings, commands: &CommandSettings) -> Result<Self, OpenError> {
        Self::connect(options(nats, commands.queue_appends)).await
    }

    /// As [`Journal::open`], but leaves streams that exist as they are: for commands that run beside the services, and
    /// may not have been told their settings.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub async fn open_as_guest(nats: &NatsSettings, commands: &CommandSettings) -> Result<Self, OpenError> {
        Self::connect(Options {
            mends_streams: false,
            ..options(nats, commands.queue_appends)
        })
        .await
    }

    async fn connect(options: Options) -> Result<Self, OpenError> {
        let store = EventStore::connect(options, &Context::ALL.map(Context::definition)).await?;
        Ok(Self { store })
    }

    /// Loads an aggregate. One that does not exist has version 0 and its default state.
    ///
    /// # Errors
    /// The log cannot be reached, or what it holds cannot be read.
    pub async fn load<A: Journaled>(&self, id: &str, consistency: Consistency) -> Result<Loaded<A>, ReadError> {
        self.load_in(A::CONTEXT, id, consistency).await
    }

    /// Loads an aggregate of a kind that lives in every context.
    ///
    /// # Errors
    /// As [`Journal::load`].
    pub async fn load_in<A: Decider>(
        &self,
        context: Context,
        id: &str,
        consistency: Consistency,
    ) -> Result<Loaded<A>, ReadError> {
        let id = AggregateId::new(context.definition(), A::TYPE, id)
            .map_err(|error| ReadError::Damaged(format!("an aggregate's id {error}")))?;
        let events = self.store.load(&id, consistency).await?;
        let mut state = A::default();
        for recorded in &events {
            let event = schemas::decode::<A::Event>(&recorded.event_type, recorded.schema_version, &recorded.data)?;
            state.evolve(&event);
        }
        let hash = events
            .last()
            .map_or(EventHash::GENESIS, event_store::RecordedEvent::hash);
        let position = events.last().map_or(0, |event| event.position);
        Ok(Loaded {
            id,
            state,
            version: events.len() as u64,
            hash,
            position,
        })
    }

    /// Stores a unit of work and answers with the position of its last event, once it is durable.
    ///
    /// # Errors
    /// It was not stored, or that is not known.
    pub async fn commit(&self, work: UnitOfWork, command: &CommandContext) -> Result<u64, CommitError> {
        let appended = self.store.append(work.into_append(command)).await?;
        Ok(appended.position)
    }

    /// How far a context's stream has grown.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn status(&self, context: Context) -> Result<StreamStatus, StreamError> {
        self.store.status(context.definition()).await
    }

    /// Reads a context's stream from its beginning to its end and answers with the first fault, if there is one.
    /// `progress` is told the position reached and the end.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn verify(&self, context: Context, progress: impl FnMut(u64, u64)) -> Result<Verification, StreamError> {
        self.store.verify(context.definition(), progress).await
    }

    /// Adds a check to the health of a process: that the log answers.
    #[must_use]
    pub fn health(&self, health: Health) -> Health {
        let journal = self.clone();
        health.probe("event log", move || {
            let journal = journal.clone();
            async move { journal.check().await }
        })
    }

    /// Whether loads can be answered by a replica that lags behind.
    #[must_use]
    pub fn loads_can_lag(&self) -> bool {
        self.store.loads_can_lag()
    }

    /// Checks that every stream answers and takes appends.
    async fn check(&self) -> Readiness {
        for context in Context::ALL {
            self.status(context).await.map_err(|error| error.to_string())?;
            if !self.store.takes_appends(context.definition()) {
                return Err(format!(
                    "stream {context} takes no appends; the process must be started again"
                ));
            }
        }
        Ok(())
    }

    pub(crate) const fn store(&self) -> &EventStore {
        &self.store
    }
}

/// The settings of the installation as the event store takes them.
pub(crate) fn options(nats: &NatsSettings, queue_appends: usize) -> Options {
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
        queue_appends,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_not_chosen() {
        let mut nats = platform::Settings::defaults().expect("the defaults").nats;
        assert_eq!(options(&nats, 1).streams, StreamSettings::default());
        nats.placement_cluster = "eu".to_owned();
        nats.placement_tags = "ssd, az1,".to_owned();
        nats.max_stream_bytes = 7;
        let expected = StreamSettings {
            replicas: 1,
            placement_cluster: Some("eu".to_owned()),
            placement_tags: vec!["ssd".to_owned(), "az1".to_owned()],
            max_bytes: Some(7),
        };
        assert_eq!(options(&nats, 1).streams, expected);
    }
}
