//! Following a stream: its events in order, typed, from a position.

use event_store::{RecordedEvent, Subscription, SubscriptionError};
use schemas::Event;

use crate::{Context, EventError, Journal};

/// An event of the log, as recorded and as the domain knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEvent {
    /// As recorded.
    pub recorded: RecordedEvent,
    /// As the domain knows it.
    pub event: Event,
}

impl JournalEvent {
    /// Opens a recorded event.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(context: Context, recorded: RecordedEvent) -> Result<Self, Box<EventError>> {
        let decoded = Event::decode(
            &recorded.aggregate_type,
            &recorded.event_type,
            recorded.schema_version,
            &recorded.data,
        );
        match decoded {
            Ok(event) => Ok(Self { recorded, event }),
            Err(reason) => Err(Box::new(EventError::new(context, &recorded, reason))),
        }
    }
}

/// Why a stream cannot be followed any further. It does not pass by itself.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The stream is damaged, or not the one it was.
    #[error(transparent)]
    Stream(#[from] SubscriptionError),
    /// An event cannot be read.
    #[error(transparent)]
    Event(#[from] Box<EventError>),
}

/// Follows one stream.
#[derive(Debug)]
pub struct Follower {
    context: Context,
    subscription: Subscription,
    failed: Option<FollowError>,
}

impl Journal {
    /// Follows a stream, from the first event after a position. Position 0 is its beginning.
    #[must_use]
    pub fn follow(&self, context: Context, after: u64) -> Follower {
        Follower {
            context,
            subscription: self.store().subscribe(context.definition(), after),
            failed: None,
        }
    }
}

impl Follower {
    /// Waits for at least one event and hands out those that are there, at most `max`, as they were recorded.
    ///
    /// # Errors
    /// The stream cannot be followed any further.
    pub async fn next_recorded(&mut self, max: usize) -> Result<Vec<RecordedEvent>, FollowError> {
        Ok(self.subscription.next_batch(max).await?)
    }

    /// Waits for at least one event and hands out those that are there, at most `max`.
    ///
    /// # Errors
    /// The stream cannot be followed any further, or an event cannot be read.
    pub async fn next_batch(&mut self, max: usize) -> Result<Vec<JournalEvent>, FollowError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let recorded = self.next_recorded(max).await?;
        let mut events = Vec::with_capacity(recorded.len());
        for recorded in recorded {
            match JournalEvent::open(self.context, recorded) {
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
}
