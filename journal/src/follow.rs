//! Following a stream: its events in order, typed, from a position.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use event_store::{Commit, CommitHash, EventStore, LoadError, RecordedEvent, Subscription, SubscriptionError};
use events::Event;

use crate::{Context, EventError, Journal, ReadError};

/// How long to wait before the keys are asked for again.
const PAUSE: Duration = Duration::from_millis(500);

/// An event of the log, as recorded and as the domain knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEvent {
    /// As recorded.
    pub recorded: RecordedEvent,
    /// As the domain knows it.
    pub event: Event,
}

impl JournalEvent {
    /// Reads an opened event.
    ///
    /// # Errors
    /// It is not one that this code knows, or is damaged.
    pub fn read(context: Context, opened: OpenedEvent) -> Result<Self, Box<EventError>> {
        let OpenedEvent { recorded, body } = opened;
        let decoded = Event::decode(
            &recorded.aggregate_type,
            &recorded.event_type,
            recorded.schema_version,
            &body,
        );
        match decoded {
            Ok(event) => Ok(Self { recorded, event }),
            Err(reason) => Err(Box::new(EventError::new(context, &recorded, reason))),
        }
    }
}

/// An event of the log, as recorded, and its body with the sealed fields opened.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedEvent {
    /// As recorded.
    pub recorded: RecordedEvent,
    /// The body: JSON. The personal fields of somebody who has been erased are null.
    pub body: Bytes,
}

/// An event of the log that is there, whole as it was recorded, and cannot be opened or read.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadableEvent {
    /// As recorded.
    pub recorded: RecordedEvent,
    /// What is wrong with it, without repeating any of it.
    pub reason: String,
}

/// An event of the log, readable or not.
pub type FollowedEvent = Result<JournalEvent, Box<UnreadableEvent>>;

/// Why a stream cannot be followed any further. It does not pass by itself.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The stream is damaged, or not the one it was.
    #[error(transparent)]
    Stream(#[from] SubscriptionError),
    /// An event cannot be opened.
    #[error(transparent)]
    Sealed(#[from] LoadError),
    /// An event cannot be read.
    #[error(transparent)]
    Event(#[from] Box<EventError>),
}

/// Follows one stream.
#[derive(Debug)]
pub struct Follower {
    context: Context,
    store: EventStore,
    subscription: Subscription,
    failed: Option<FollowError>,
}

impl Journal {
    /// Follows a stream, from the first event after a position. Position 0 is its beginning.
    #[must_use]
    pub fn follow(&self, context: Context, after: u64) -> Follower {
        Follower {
            context,
            store: self.store().clone(),
            subscription: self.store().subscribe(context.definition(), after),
            failed: None,
        }
    }

    /// Opens and reads recorded events, each by itself: one that is damaged, or that this code does not know, is handed
    /// out as such and keeps no other from being read. It waits for the keys through outages.
    ///
    /// # Errors
    /// The keys themselves cannot be used, which is the fault of no event.
    pub async fn read_each(&self, recorded: Vec<RecordedEvent>) -> Result<Vec<FollowedEvent>, FollowError> {
        let store = self.store();
        let mut bodies = Vec::with_capacity(recorded.len());
        match open(store, &recorded).await {
            Ok(opened) => bodies.extend(opened.into_iter().map(Ok)),
            Err(_) => {
                for event in &recorded {
                    match open(store, std::slice::from_ref(event)).await {
                        Ok(opened) => bodies.extend(opened.into_iter().map(Ok)),
                        Err(LoadError::Body { reason, .. }) => bodies.push(Err(reason)),
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        Ok(recorded
            .into_iter()
            .zip(bodies)
            .map(|(recorded, body)| read(recorded, body))
            .collect())
    }

    /// Opens events: their bodies as JSON. The personal fields of these people are null, also where their key could not be
    /// destroyed yet, and of everybody whose key has been.
    ///
    /// # Errors
    /// The keys cannot be reached, or a body cannot be opened.
    pub async fn open_events(
        &self,
        recorded: Vec<RecordedEvent>,
        erased: &BTreeSet<String>,
    ) -> Result<Vec<OpenedEvent>, ReadError> {
        let bodies = self.store().open_without(&recorded, erased).await?;
        let opened = recorded.into_iter().zip(bodies);
        Ok(opened.map(|(recorded, body)| OpenedEvent { recorded, body }).collect())
    }
}

fn read(recorded: RecordedEvent, body: Result<Bytes, String>) -> FollowedEvent {
    let body = match body {
        Ok(body) => body,
        Err(reason) => return Err(Box::new(UnreadableEvent { recorded, reason })),
    };
    let decoded = Event::decode(
        &recorded.aggregate_type,
        &recorded.event_type,
        recorded.schema_version,
        &body,
    );
    match decoded {
        Ok(event) => Ok(JournalEvent { recorded, event }),
        Err(reason) => Err(Box::new(UnreadableEvent {
            recorded,
            reason: reason.to_string(),
        })),
    }
}

impl Follower {
    /// Lets a batch end once the bodies in it come to this many bytes.
    #[must_use]
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.subscription = self.subscription.with_batch_bytes(bytes);
        self
    }

    /// Hands out the events of aggregates of these types only, and passes over the others unread.
    #[must_use]
    pub fn of_types(mut self, types: &[&'static str]) -> Self {
        self.subscription = self.subscription.of_types(types);
        self
    }

    /// The position of the last event that was read: handed out, passed over, or found to be at fault.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.subscription.position()
    }

    /// Whether the stream held more than was handed out, when it was last heard of.
    #[must_use]
    pub const fn is_behind(&self) -> bool {
        self.subscription.is_behind()
    }

    /// How many events have been read so far, those passed over among them.
    #[must_use]
    pub const fn events_read(&self) -> u64 {
        self.subscription.events_read()
    }

    /// The hash of the commit at the position; nothing, if none has been read.
    #[must_use]
    pub const fn hash(&self) -> Option<CommitHash> {
        self.subscription.hash()
    }

    /// Waits for at least one commit and hands out those that are there, as they were stored: no further one is added once
    /// they hold `max` events.
    ///
    /// # Errors
    /// The stream cannot be followed any further.
    pub async fn next_commits(&mut self, max: usize) -> Result<Vec<Commit>, FollowError> {
        Ok(self.subscription.next_commits(max).await?)
    }

    /// Waits for at least one commit and hands out the events of those that are there, as they were recorded. A commit is
    /// handed out whole: no further one is added once there are `max` events. Where types are passed over, there may be none.
    ///
    /// # Errors
    /// The stream cannot be followed any further.
    pub async fn next_recorded(&mut self, max: usize) -> Result<Vec<RecordedEvent>, FollowError> {
        Ok(self.subscription.next_batch(max).await?)
    }

    /// As [`Follower::next_recorded`], with the bodies opened. It waits for the keys through outages, too.
    ///
    /// # Errors
    /// The stream cannot be followed any further, or an event cannot be opened.
    pub async fn next_opened(&mut self, max: usize) -> Result<Vec<OpenedEvent>, FollowError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut recorded = self.next_recorded(max).await?;
        let bodies = match open(&self.store, &recorded).await {
            Ok(bodies) => bodies,
            Err(_) => self.open_one_by_one(&mut recorded).await?,
        };
        let opened = recorded.into_iter().zip(bodies);
        Ok(opened.map(|(recorded, body)| OpenedEvent { recorded, body }).collect())
    }

    /// Waits for at least one event and hands out those that are there, at most `max`.
    ///
    /// # Errors
    /// The stream cannot be followed any further, or an event cannot be opened or read.
    pub async fn next_batch(&mut self, max: usize) -> Result<Vec<JournalEvent>, FollowError> {
        let opened = self.next_opened(max).await?;
        let mut events = Vec::with_capacity(opened.len());
        for opened in opened {
            match JournalEvent::read(self.context, opened) {
                Ok(event) => events.push(event),
                Err(error) if events.is_empty() => return Err(error.into()),
                // What is good before it is handed out; the next call tells of the fault.
                Err(error) => {
                    self.failed = Some(error.into());
                    break;
                }
            }
        }
        Ok(events)
    }

    /// Opens what is good before the event that is not. The next call tells of the fault.
    async fn open_one_by_one(&mut self, recorded: &mut Vec<RecordedEvent>) -> Result<Vec<Bytes>, FollowError> {
        let mut bodies = Vec::new();
        for event in recorded.iter() {
            match open(&self.store, std::slice::from_ref(event)).await {
                Ok(mut body) => bodies.append(&mut body),
                Err(error) if bodies.is_empty() => return Err(error.into()),
                Err(error) => {
                    self.failed = Some(error.into());
                    break;
                }
            }
        }
        recorded.truncate(bodies.len());
        Ok(bodies)
    }
}

/// Opens events, and waits for the keys through outages.
async fn open(store: &EventStore, recorded: &[RecordedEvent]) -> Result<Vec<Bytes>, LoadError> {
    loop {
        match store.open(recorded).await {
            Err(LoadError::Unavailable(reason)) => {
                tracing::debug!(reason, "the keys are waited for");
                tokio::time::sleep(PAUSE).await;
            }
            opened => return opened,
        }
    }
}
