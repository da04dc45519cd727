//! Following a stream: its typed events in order, from a position.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use event_store::{Commit, CommitHash, EventStore, LoadError, RecordedEvent, Subscription, SubscriptionError};
use events::Event;

use crate::{Context, EventError, Journal, ReadError};

/// The pause before the keys are requested again.
const PAUSE: Duration = Duration::from_millis(500);

/// An event of the log, in its recorded and its typed form.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEvent {
    /// The recorded event.
    pub recorded: RecordedEvent,
    /// The domain event.
    pub event: Event,
}

impl JournalEvent {
    /// Decodes an opened event.
    ///
    /// # Errors
    /// The event is unknown to this code, or damaged.
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

/// A recorded event, and its body with the sealed fields opened.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedEvent {
    /// The recorded event.
    pub recorded: RecordedEvent,
    /// The body in JSON. The personal fields of an erased person are null.
    pub body: Bytes,
}

/// A recorded event that cannot be opened or decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadableEvent {
    /// The recorded event.
    pub recorded: RecordedEvent,
    /// The reason, without any of the content.
    pub reason: String,
}

/// An event of the log, readable or not.
pub type FollowedEvent = Result<JournalEvent, Box<UnreadableEvent>>;

/// Why a stream cannot be followed any further. The error is permanent.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The stream is damaged, or has been replaced.
    #[error(transparent)]
    Stream(#[from] SubscriptionError),
    /// An event cannot be opened.
    #[error(transparent)]
    Sealed(#[from] LoadError),
    /// An event cannot be decoded.
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
    /// Follows a stream, starting after a position. Position 0 is the beginning.
    #[must_use]
    pub fn follow(&self, context: Context, after: u64) -> Follower {
        Follower {
            context,
            store: self.store().clone(),
            subscription: self.store().subscribe(context.definition(), after),
            failed: None,
        }
    }

    /// Opens and decodes recorded events one by one. A damaged or unknown event is returned as unreadable and does
    /// not affect the others. Waits through outages of the keys.
    ///
    /// # Errors
    /// The keys themselves cannot be used, which is not the fault of an event.
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
    /// Ends a batch once its bodies reach this many bytes.
    #[must_use]
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.subscription = self.subscription.with_batch_bytes(bytes);
        self
    }

    /// Returns only events of aggregates of these types. Other events are filtered out.
    #[must_use]
    pub fn of_types(mut self, types: &[&'static str]) -> Self {
        self.subscription = self.subscription.of_types(types);
        self
    }

    /// The position of the last event read: returned, filtered out, or faulty.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.subscription.position()
    }

    /// Whether the stream held more events when the server was last heard of.
    #[must_use]
    pub const fn is_behind(&self) -> bool {
        self.subscription.is_behind()
    }

    /// How many events have been read so far, including those that were filtered out.
    #[must_use]
    pub const fn events_read(&self) -> u64 {
        self.subscription.events_read()
    }

    /// The hash of the commit at the position; `None` if no commit has been read.
    #[must_use]
    pub const fn hash(&self) -> Option<CommitHash> {
        self.subscription.hash()
    }

    /// Waits for at least one commit and returns the available commits as stored. No further commit is added once
    /// they hold `max` events.
    ///
    /// # Errors
    /// The stream cannot be followed any further.
    pub async fn next_commits(&mut self, max: usize) -> Result<Vec<Commit>, FollowError> {
        Ok(self.subscription.next_commits(max).await?)
    }

    /// Waits for at least one commit and returns the recorded events of the available commits. Commits are returned
    /// whole: no further one is added once there are `max` events. With a filter on types the batch may be empty.
    ///
    /// # Errors
    /// The stream cannot be followed any further.
    pub async fn next_recorded(&mut self, max: usize) -> Result<Vec<RecordedEvent>, FollowError> {
        Ok(self.subscription.next_batch(max).await?)
    }

    /// As [`Follower::next_recorded`], with the bodies opened. Waits through outages of the keys, too.
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

    /// As [`Follower::next_opened`], with the events decoded.
    ///
    /// # Errors
    /// The stream cannot be followed any further, or an event cannot be opened or decoded.
    pub async fn next_batch(&mut self, max: usize) -> Result<Vec<JournalEvent>, FollowError> {
        let opened = self.next_opened(max).await?;
        let mut events = Vec::with_capacity(opened.len());
        for opened in opened {
            match JournalEvent::read(self.context, opened) {
                Ok(event) => events.push(event),
                Err(error) if events.is_empty() => return Err(error.into()),
                // The events before the fault are returned; the next call returns the fault.
                Err(error) => {
                    self.failed = Some(error.into());
                    break;
                }
            }
        }
        Ok(events)
    }

    /// Opens the events before the first fault. The next call returns the fault.
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

/// Opens events. Waits through outages of the keys.
async fn open(store: &EventStore, recorded: &[RecordedEvent]) -> Result<Vec<Bytes>, LoadError> {
    loop {
        match store.open(recorded).await {
            Err(LoadError::Unavailable(reason)) => {
                tracing::debug!(reason, "waiting for the keys");
                tokio::time::sleep(PAUSE).await;
            }
            opened => return opened,
        }
    }
}
