//! Reacting to a stream: its events, typed, each held until it is acknowledged, given back or parked. The server keeps
//! the position, so any number of processes share it. What an event sets off is not known here.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};
use event_store::{Delivery, Durable, DurableError, DurableOptions, Parked, ParkingError, Place, RecordedEvent, Start};

use crate::{Context, Journal, JournalEvent, OpenedEvent, ReadError};

/// How many events may be held or wait to be tried again, by all processes together. Those that wait stand in the way of
/// nobody until there are so many of them.
const HELD_EVENTS: u32 = 1_000;

/// The events of a stream that one reactor is to handle, open in this process.
#[derive(Debug)]
pub struct Reactions {
    journal: Journal,
    context: Context,
    reactor: String,
    durable: Durable,
}

/// An event that this process holds. Dropping it does nothing: it comes again when its time is over.
#[derive(Debug)]
pub struct Reaction {
    journal: Journal,
    context: Context,
    reactor: String,
    delivery: Delivery,
}

/// How far a reactor has come, over all processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactorStatus {
    /// How many events of the stream are not handled yet, those that the reactor will pass over included.
    pub lag_events: u64,
    /// How many of these are held, or wait to be tried again.
    pub held_events: u64,
    /// When the oldest of them was appended, if there is one.
    pub oldest_at: Option<DateTime<Utc>>,
    /// How many events were given up on.
    pub parked_events: u64,
    /// Whether it is given nothing until it is resumed.
    pub is_paused: bool,
}

impl Journal {
    /// Opens what a reactor is to handle of a stream: the events of these types, from the stream's beginning when the
    /// name is new.
    ///
    /// # Errors
    /// The server cannot be asked, or another kind of consumer has the name.
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

    /// Gives a reactor nothing more, in any process, until it is resumed: not when it runs for the first time either.
    ///
    /// # Errors
    /// The server cannot be asked, or another kind of consumer has the name.
    pub async fn pause_reactor(&self, context: Context, reactor: &str) -> Result<(), DurableError> {
        let options = from_the_beginning();
        self.store()
            .pause_durable(context.definition(), reactor, &options)
            .await
    }

    /// Lets a reactor go on. Answers whether it has ever run.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn resume_reactor(&self, context: Context, reactor: &str) -> Result<bool, DurableError> {
        self.store().resume_durable(context.definition(), reactor).await
    }

    /// How far a reactor has come; nothing, if it has never run.
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

    /// What a reactor was given up on, in the order it was parked, at most so many.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn parked(&self, context: Context, reactor: &str, most: usize) -> Result<Vec<Parked>, ParkingError> {
        self.store().parked(context.definition(), reactor, most).await
    }

    /// What a reactor was given up on at a place, if anything.
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

    /// Parks an event anew, with what was learnt since.
    ///
    /// # Errors
    /// The server cannot be asked, or does not take it.
    pub async fn park(&self, parked: &Parked) -> Result<(), ParkingError> {
        self.store().park(parked).await
    }

    /// Takes away what is parked. Answers whether anything was there.
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

/// What the places of all reactors have in common.
fn from_the_beginning() -> DurableOptions {
    DurableOptions {
        start: Start::Beginning,
        max_ack_pending: HELD_EVENTS,
        ..DurableOptions::default()
    }
}

impl Reactions {
    /// Waits for events that are to be handled, through outages: at least one, and at most so many. Each is held from now
    /// on, so they should be no more than can be begun at once. The wait can be given up at any time.
    ///
    /// # Errors
    /// Somebody has deleted the reactor's place at the server, or the stream.
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
    /// Where the event stands in its stream.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.delivery.place
    }

    /// How often the event has been handed out, this time included, to any process.
    #[must_use]
    pub const fn attempt(&self) -> u64 {
        self.delivery.attempt
    }

    /// Opens and reads the event.
    ///
    /// # Errors
    /// The keys cannot be reached, or the event cannot be read.
    pub async fn open(&self) -> Result<JournalEvent, ReadError> {
        let recorded = self.delivery.event.clone();
        let recorded = recorded.map_err(|error| ReadError::Damaged(error.to_string()))?;
        self.journal.opened(self.context, recorded).await
    }

    /// Says that the event has been handled, and waits until the server confirms it.
    ///
    /// # Errors
    /// The server did not confirm it. The event may come again.
    pub async fn done(&self) -> Result<(), DurableError> {
        self.delivery.ack().await
    }

    /// Gives the event back, to come again after some time, to any process.
    ///
    /// # Errors
    /// The server did not confirm it. The event comes again when its time is over.
    pub async fn retry(&self, after: Duration) -> Result<(), DurableError> {
        self.delivery.retry(after).await
    }

    /// Asks for as much time again as the event was handed out for.
    ///
    /// # Errors
    /// The server did not confirm it. The event may come again.
    pub async fn in_progress(&self) -> Result<(), DurableError> {
        self.delivery.in_progress().await
    }

    /// Puts the event aside. It still is to be acknowledged, so that a death in between loses nothing.
    ///
    /// # Errors
    /// The server cannot be asked, or does not take it.
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

    /// Takes away what an earlier try had put aside.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn unpark(&self) -> Result<bool, ParkingError> {
        self.journal.unpark(self.context, &self.reactor, self.place()).await
    }
}
