//! Reacting to a stream: typed events, each held until it is acknowledged, given back or parked. The server keeps the
//! position, so any number of processes can share it.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};
use event_store::{Delivery, Durable, DurableError, DurableOptions, Parked, ParkingError, Place, RecordedEvent, Start};

use crate::{Context, Journal, JournalEvent, OpenedEvent, ReadError};

/// The maximum number of events that all processes together hold or retry. Below this number, events that wait for a
/// retry do not block others.
const HELD_EVENTS: u32 = 1_000;

/// A reactor's subscription to a stream, open in this process.
#[derive(Debug)]
pub struct Reactions {
    journal: Journal,
    context: Context,
    reactor: String,
    durable: Durable,
}

/// An event that this process holds. Dropping it does nothing: the event comes again when its ack wait is over.
#[derive(Debug)]
pub struct Reaction {
    journal: Journal,
    context: Context,
    reactor: String,
    delivery: Delivery,
}

/// A reactor's progress, over all processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactorStatus {
    /// How many events of the stream are not handled yet, including those that the reactor will skip.
    pub lag_events: u64,
    /// How many of these are held, or wait for a retry.
    pub held_events: u64,
    /// When the oldest of them was appended, if there is one.
    pub oldest_at: Option<DateTime<Utc>>,
    /// How many events are parked.
    pub parked_events: u64,
    /// Whether delivery is paused.
    pub is_paused: bool,
}

impl Journal {
    /// Opens a reactor's subscription to the events of these types. A new subscription starts at the stream's
    /// beginning.
    ///
    /// # Errors
    /// The server cannot be asked, or the name belongs to another kind of consumer.
    pub async fn react(
        &self,
        context: Context,
        reactor: &str,
        event_types: &[&str],
        hold: Duration,
    ) -> Result<Reactions, DurableError> {
        let options = DurableOptions {
            ack_wait: hold,
            event_types: event_types
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<HashSet<_>>(),
            ..from_the_beginning()
        };
        let durable = self.store().durable(context.definition(), reactor, options).await?;
        Ok(Reactions {
            journal: self.clone(),
            context,
            reactor: reactor.to_owned(),
            durable,
        })
    }

    /// Pauses a reactor in all processes until it is resumed, even before its first run.
    ///
    /// # Errors
    /// The server cannot be asked, or the name belongs to another kind of consumer.
    pub async fn pause_reactor(&self, context: Context, reactor: &str) -> Result<(), DurableError> {
        let options = from_the_beginning();
        self.store()
            .pause_durable(context.definition(), reactor, &options)
            .await
    }

    /// Resumes a reactor. Returns whether it has ever run.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn resume_reactor(&self, context: Context, reactor: &str) -> Result<bool, DurableError> {
        self.store().resume_durable(context.definition(), reactor).await
    }

    /// A reactor's progress; `None` if it has never run.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn reactor_status(&self, context: Context, reactor: &str) -> Result<Option<ReactorStatus>, ReadError> {
        let unavailable = |error: &dyn std::fmt::Display| ReadError::Unavailable(error.to_string());
        let status = self.store().durable_status(context.definition(), reactor).await;
        let Some(status) = status.map_err(|error| unavailable(&error))? else {
            return Ok(None);
        };
        let oldest = match status.lag_events() {
            0 => None,
            _ => {
                self.store()
                    .commit_at(context.definition(), status.last_acked + 1)
                    .await?
            }
        };
        let oldest = oldest.and_then(|commit| commit.events.into_iter().next());
        let parked = self.store().parked_count(context.definition(), reactor).await;
        Ok(Some(ReactorStatus {
            lag_events: status.lag_events(),
            held_events: status.ack_pending,
            oldest_at: oldest.map(|event| event.metadata.time),
            parked_events: parked.map_err(|error| unavailable(&error))?,
            is_paused: status.is_paused,
        }))
    }

    /// The parked events of a reactor, in the order of parking, at most `most`.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn parked(&self, context: Context, reactor: &str, most: usize) -> Result<Vec<Parked>, ParkingError> {
        self.store().parked(context.definition(), reactor, most).await
    }

    /// The parked event of a reactor at a place, if there is one.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn parked_at(
        &self,
        context: Context,
        reactor: &str,
        place: Place,
    ) -> Result<Option<Parked>, ParkingError> {
        self.store().parked_at(context.definition(), reactor, place).await
    }

    /// Parks an event again, with new information.
    ///
    /// # Errors
    /// The server cannot be asked, or does not accept it.
    pub async fn park(&self, parked: &Parked) -> Result<(), ParkingError> {
        self.store().park(parked).await
    }

    /// Removes a parked event. Returns whether it was parked.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn unpark(&self, context: Context, reactor: &str, place: Place) -> Result<bool, ParkingError> {
        self.store().unpark(context.definition(), reactor, place).await
    }

    /// The event at a place.
    ///
    /// # Errors
    /// The log cannot be reached, there is no such event, or it cannot be read.
    pub async fn event_at(&self, context: Context, place: Place) -> Result<JournalEvent, ReadError> {
        let recorded = self.recorded_at(context, &[place]).await?.into_iter().next();
        let recorded = recorded.ok_or_else(|| ReadError::Damaged(format!("there is no event at {place}")))?;
        self.opened(context, recorded).await
    }

    async fn opened(&self, context: Context, recorded: RecordedEvent) -> Result<JournalEvent, ReadError> {
        let bodies = self.store().open(std::slice::from_ref(&recorded)).await?;
        let body = bodies.into_iter().next().unwrap_or_default();
        JournalEvent::read(context, OpenedEvent { recorded, body })
            .map_err(|error| ReadError::Damaged(error.to_string()))
    }
}

/// The options that all reactors share.
fn from_the_beginning() -> DurableOptions {
    DurableOptions {
        start: Start::Beginning,
        max_ack_pending: HELD_EVENTS,
        ..DurableOptions::default()
    }
}

impl Reactions {
    /// Waits for events, also through outages: at least one, at most `most`. Each is held from now on, so ask for no
    /// more than can be started at once. The future may be dropped at any time.
    ///
    /// # Errors
    /// The reactor's subscription or the stream has been deleted.
    pub async fn next_batch(&mut self, most: usize) -> Result<Vec<Reaction>, DurableError> {
        let reaction = |delivery| Reaction {
            delivery,
            journal: self.journal.clone(),
            context: self.context,
            reactor: self.reactor.clone(),
        };
        let deliveries = self.durable.next_batch(most).await?;
        Ok(deliveries.into_iter().map(reaction).collect())
    }
}

impl Reaction {
    /// The event's place in its stream.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.delivery.place
    }

    /// How often the event has been delivered to any process, including this time.
    #[must_use]
    pub const fn attempt(&self) -> u64 {
        self.delivery.attempt
    }

    /// Opens and decodes the event.
    ///
    /// # Errors
    /// The keys cannot be reached, or the event cannot be read.
    pub async fn open(&self) -> Result<JournalEvent, ReadError> {
        let recorded = self.delivery.event.clone();
        let recorded = recorded.map_err(|error| ReadError::Damaged(error.to_string()))?;
        self.journal.opened(self.context, recorded).await
    }

    /// Acknowledges the event, and waits until the server confirms.
    ///
    /// # Errors
    /// The server did not confirm. The event may come again.
    pub async fn done(&self) -> Result<(), DurableError> {
        self.delivery.ack().await
    }

    /// Gives the event back, to come again after a delay, to any process.
    ///
    /// # Errors
    /// The server did not confirm. The event comes again when its ack wait is over.
    pub async fn retry(&self, after: Duration) -> Result<(), DurableError> {
        self.delivery.retry(after).await
    }

    /// Restarts the ack wait of the event.
    ///
    /// # Errors
    /// The server did not confirm. The event may come again.
    pub async fn in_progress(&self) -> Result<(), DurableError> {
        self.delivery.in_progress().await
    }

    /// Parks the event. It must still be acknowledged, so that a crash in between loses nothing.
    ///
    /// # Errors
    /// The server cannot be asked, or does not accept it.
    pub async fn park(&self, reason: String, now: DateTime<Utc>) -> Result<(), ParkingError> {
        let recorded = self.delivery.event.as_ref().ok();
        let parked = Parked {
            subscription: self.reactor.clone(),
            stream: self.context.name().to_owned(),
            position: self.place().position,
            index: self.place().index,
            event_id: recorded.map(|event| event.id),
            event_type: recorded.map(|event| event.event_type.clone()),
            aggregate: recorded.map(|event| format!("{}/{}", event.aggregate_type, event.aggregate_id)),
            attempts: self.attempt(),
            reason,
            parked_at: now,
        };
        self.journal.park(&parked).await
    }

    /// Removes what an earlier attempt had parked.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn unpark(&self) -> Result<bool, ParkingError> {
        self.journal.unpark(self.context, &self.reactor, self.place()).await
    }
}
