//! A reader of the log. It wraps a journal and never exposes it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use journal::{
    CommitHash, Context, EndedSessions, FollowError, FollowedEvent, Follower, Journal, OpenError, OpenedEvent, Place,
    ReadError, RecordedEvent, StreamError, StreamStatus, Verification,
};
use platform::{Health, config::JournalSettings};

/// The batch size of a scan, in events.
const SCANNED_AT_ONCE: usize = 1_000;

/// Reads the log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reader(Journal);

impl From<&Journal> for Reader {
    fn from(journal: &Journal) -> Self {
        Self(journal.clone())
    }
}

impl Reader {
    /// Connects to NATS, and leaves existing streams unchanged.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub async fn open(settings: &JournalSettings) -> Result<Self, OpenError> {
        Ok(Self(Journal::open_to_read(settings).await?))
    }

    /// As [`Reader::open`], but creates missing streams and updates the configuration of existing ones.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub async fn open_and_mend(settings: &JournalSettings) -> Result<Self, OpenError> {
        Ok(Self(Journal::open(settings).await?))
    }

    /// As [`Journal::ended_sessions`].
    #[must_use]
    pub fn ended_sessions(&self) -> EndedSessions {
        self.0.ended_sessions()
    }

    /// Adds a health check that the log responds.
    #[must_use]
    pub fn health(&self, health: Health) -> Health {
        self.0.health(health)
    }

    /// As [`Journal::status`].
    ///
    /// # Errors
    /// As [`Journal::status`].
    pub async fn status(&self, context: Context) -> Result<StreamStatus, StreamError> {
        self.0.status(context).await
    }

    /// As [`Journal::commit_hash`].
    ///
    /// # Errors
    /// As [`Journal::commit_hash`].
    pub async fn commit_hash(&self, context: Context, position: u64) -> Result<Option<CommitHash>, ReadError> {
        self.0.commit_hash(context, position).await
    }

    /// As [`Journal::time_of`].
    ///
    /// # Errors
    /// As [`Journal::time_of`].
    pub async fn time_of(&self, context: Context, position: u64) -> Result<Option<DateTime<Utc>>, ReadError> {
        self.0.time_of(context, position).await
    }

    /// As [`Journal::verify`].
    ///
    /// # Errors
    /// As [`Journal::verify`].
    pub async fn verify(&self, context: Context, progress: impl FnMut(u64, u64)) -> Result<Verification, StreamError> {
        self.0.verify(context, progress).await
    }

    /// As [`Journal::follow`].
    #[must_use]
    pub fn follow(&self, context: Context, after: u64) -> Follower {
        self.0.follow(context, after)
    }

    /// As [`Journal::read_each`].
    ///
    /// # Errors
    /// As [`Journal::read_each`].
    pub async fn read_each(&self, recorded: Vec<RecordedEvent>) -> Result<Vec<FollowedEvent>, FollowError> {
        self.0.read_each(recorded).await
    }

    /// As [`Journal::open_events`].
    ///
    /// # Errors
    /// As [`Journal::open_events`].
    pub async fn open_events(
        &self,
        recorded: Vec<RecordedEvent>,
        erased: &BTreeSet<String>,
    ) -> Result<Vec<OpenedEvent>, ReadError> {
        self.0.open_events(recorded, erased).await
    }

    /// Returns the events at these places of a stream, in the order of the places.
    ///
    /// # Errors
    /// The log cannot be reached, an event cannot be read, or a place has no event.
    pub async fn events_at(&self, context: Context, places: &[Place]) -> Result<Vec<RecordedEvent>, ReadError> {
        self.0.recorded_at(context, places).await
    }

    /// As [`Reader::events_at`], for all events of one aggregate, in version order.
    ///
    /// # Errors
    /// As [`Reader::events_at`], or a version is missing, or a place holds an event of another aggregate.
    pub async fn events_of(
        &self,
        context: Context,
        aggregate_type: &str,
        id: &str,
        places: &[Place],
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let events = self.events_at(context, places).await?;
        for (event, version) in events.iter().zip(1..) {
            if event.aggregate_type != aggregate_type || event.aggregate_id != id {
                return Err(ReadError::Damaged(format!(
                    "stream {context}, sequence {}: the event belongs to another aggregate than {aggregate_type}/{id}",
                    event.place()
                )));
            }
            if event.version != version {
                return Err(ReadError::Damaged(format!(
                    "stream {context}: the event of version {version} of {aggregate_type}/{id} is missing"
                )));
            }
        }
        Ok(events)
    }

    /// Returns the position of a stream's last event.
    ///
    /// # Errors
    /// The log cannot be reached.
    pub async fn end(&self, context: Context) -> Result<u64, ReadError> {
        Ok(self.status(context).await?.last_position)
    }

    /// Scans a stream from a position to its current end for wanted events, and stops after `most` of them. It skips,
    /// without reading them, the events of aggregates of other types than `types`; if `types` is empty, it skips none.
    /// `tell` receives the position and the end.
    ///
    /// # Errors
    /// The log cannot be reached, or an event cannot be read.
    pub async fn scan(
        &self,
        context: Context,
        after: u64,
        types: &[&'static str],
        most: usize,
        wanted: impl Fn(&RecordedEvent) -> bool,
        mut tell: impl FnMut(u64, u64),
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let end = self.end(context).await?;
        let mut found = Vec::new();
        let mut follower = self.follow(context, after.min(end)).of_types(types);
        while follower.position() < end && found.len() < most {
            let batch = follower.next_recorded(SCANNED_AT_ONCE).await?;
            found.extend(batch.into_iter().filter(|event| wanted(event)));
            tell(follower.position().min(end), end);
        }
        found.truncate(most);
        Ok(found)
    }
}

/// Returns the people whose data is sealed in these events.
#[must_use]
pub fn data_subjects(events: &[RecordedEvent]) -> BTreeSet<String> {
    let sealed = events.iter().filter_map(|event| event.sealed.as_ref());
    sealed.map(|sealed| sealed.data_subject.clone()).collect()
}
