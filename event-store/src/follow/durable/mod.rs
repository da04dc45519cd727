//! A durable subscription: the server remembers, under a name, which events have been handled. It is for reactors,
//! whose side effects must not be repeated because a process has died.
//!
//! Any number of processes may share a name; one of them holds each event at a time. Delivery is at least once: an
//! event comes again until it is acknowledged, so handling it must be idempotent.
//!
//! The server delivers and counts commits, each with one or more events. A commit is acknowledged with the last of
//! its events. If it comes again because of one event, a process leaves out the events that it has already handled.

mod consumer;
mod delivery;
mod pull;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use async_nats::Message;

pub use delivery::Delivery;

use crate::{
    EventStore, InvalidToken, Place, RecordedEvent, StreamDefinition, check_token, jetstream::api::ApiFault,
    jetstream::wire::TRANSIENT,
};
use delivery::{Fate, Handled, Held};
use pull::Pull;

/// Where a durable subscription starts. It applies only when the name is first used: an existing subscription
/// continues from its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the first event that is appended from now on.
    New,
    /// With the stream's first event.
    Beginning,
    /// With the first event after a position.
    After(u64),
}

/// How a durable subscription delivers events. All processes that share a name should give the same options; the last
/// one to start decides.
#[derive(Clone, Debug)]
pub struct DurableOptions {
    /// Where it starts.
    pub start: Start,
    /// How long a process holds an event. If the event is neither acknowledged nor extended within this time, it is
    /// delivered again, to any process.
    pub ack_wait: Duration,
    /// The maximum number of commits that all processes together hold at once.
    ///
    /// With 1, events come in stream order, each after the previous one is acknowledged, retries included. With more,
    /// later events can overtake an event that is retried, even events of the same aggregate.
    pub max_ack_pending: u32,
    /// The event types to deliver; all, if the set is empty. Other events are acknowledged without being delivered.
    /// The server does not filter, because that is slow with many subjects.
    pub event_types: HashSet<String>,
}

impl Default for DurableOptions {
    /// New events of all types, in order, half a minute for each.
    fn default() -> Self {
        Self {
            start: Start::New,
            ack_wait: Duration::from_secs(30),
            max_ack_pending: 1,
            event_types: HashSet::new(),
        }
    }
}

impl DurableOptions {
    /// Checks for zeros, which the server would replace by its own defaults.
    fn check(&self, stream: &str, name: &str) -> Result<(), DurableError> {
        let reason = match self {
            Self { max_ack_pending: 0, .. } => "max_ack_pending must be 1 or more",
            Self { ack_wait, .. } if ack_wait.is_zero() => "ack_wait must be more than zero",
            Self { .. } => return Ok(()),
        };
        Err(DurableError::Refused {
            stream: stream.to_owned(),
            name: name.to_owned(),
            reason: reason.to_owned(),
        })
    }
}

/// Why a durable subscription cannot be opened, asked or followed.
#[derive(Debug, thiserror::Error)]
pub enum DurableError {
    /// The name is not a valid token.
    #[error("the name of a durable subscription {0}")]
    Name(#[from] InvalidToken),
    /// The server cannot be asked, or did not answer. The error is temporary.
    #[error("durable subscription {name} of stream {stream} is unavailable: {reason}")]
    Unavailable {
        /// The stream's name.
        stream: String,
        /// The subscription's name.
        name: String,
        /// The error of the server or the client.
        reason: String,
    },
    /// The server refuses the options, or the name belongs to another kind of consumer.
    #[error("durable subscription {name} of stream {stream} is refused: {reason}")]
    Refused {
        /// The stream's name.
        stream: String,
        /// The subscription's name.
        name: String,
        /// The error of the server.
        reason: String,
    },
    /// The stream ends before the start position: it is not the stream that was read, or it has lost events.
    #[error("stream {stream} ends at sequence {last}, before the start position {after}")]
    AheadOfStream {
        /// The stream's name.
        stream: String,
        /// The start position.
        after: u64,
        /// Where the stream ends.
        last: u64,
    },
    /// The server no longer knows the name: the subscription or its stream was deleted, together with its
    /// acknowledgements. Opened again, it starts where its options say.
    #[error("durable subscription {name} of stream {stream} is gone")]
    Gone {
        /// The stream's name.
        stream: String,
        /// The subscription's name.
        name: String,
    },
}

/// The progress of a durable subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurableStatus {
    /// How many commits have not been delivered yet.
    pub pending: u64,
    /// How many commits are held, or wait for a retry.
    pub ack_pending: u64,
    /// How many of these have been delivered more than once.
    pub redelivered: u64,
    /// Every commit up to this position is acknowledged.
    pub last_acked: u64,
    /// Whether delivery is paused.
    pub is_paused: bool,
}

impl DurableStatus {
    /// How many commits are not acknowledged yet. Each holds one event or more.
    #[must_use]
    pub const fn lag_events(&self) -> u64 {
        self.pending + self.ack_pending
    }
}

/// A durable subscription, open in this process.
#[derive(Debug)]
pub struct Durable {
    store: EventStore,
    stream: &'static StreamDefinition,
    name: String,
    options: DurableOptions,
    pull: Pull,
    /// Events that have arrived and are to be delivered.
    waiting: VecDeque<Delivery>,
    /// With one event at a time: the last delivered event.
    last: Option<(Arc<Held>, Place)>,
    /// Commits that have arrived and are to be skipped.
    unwanted: Vec<Arc<Held>>,
    handled: Arc<Handled>,
}

impl EventStore {
    /// Opens a durable subscription to a stream. The first call creates it. Later calls change its options, except
    /// its start.
    ///
    /// # Errors
    /// The name is not a valid token, the server cannot be asked or refuses the options, or the stream ends before
    /// the start position.
    pub async fn durable(
        &self,
        stream: &'static StreamDefinition,
        name: &str,
        options: DurableOptions,
    ) -> Result<Durable, DurableError> {
        check_token(name)?;
        options.check(&self.stream_name(stream), name)?;
        consumer::ensure(self, stream, name, &options).await?;
        Ok(Durable {
            pull: Pull::new(self, &self.stream_name(stream), name, options.ack_wait),
            store: self.clone(),
            stream,
            name: name.to_owned(),
            options,
            waiting: VecDeque::new(),
            last: None,
            unwanted: Vec::new(),
            handled: Arc::default(),
        })
    }
}

impl EventStore {
    /// The progress of a durable subscription, over all processes that share it. Returns `None` if it has never been
    /// opened.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn durable_status(
        &self,
        stream: &'static StreamDefinition,
        name: &str,
    ) -> Result<Option<DurableStatus>, DurableError> {
        check_token(name)?;
        match consumer::info(self.wire(), &self.stream_name(stream), name).await {
            Ok(info) => Ok(Some(DurableStatus {
                pending: info.num_pending,
                ack_pending: info.num_ack_pending as u64,
                redelivered: info.num_redelivered as u64,
                last_acked: info.ack_floor.stream_sequence,
                is_paused: info.paused,
            })),
            Err(DurableError::Gone { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl EventStore {
    /// Pauses a durable subscription for all processes until it is resumed, even across restarts. Events that are
    /// held can still be acknowledged. A subscription that does not exist yet is created, so that it is paused when
    /// it is opened.
    ///
    /// # Errors
    /// As those of [`EventStore::durable`].
    pub async fn pause_durable(
        &self,
        stream: &'static StreamDefinition,
        name: &str,
        options: &DurableOptions,
    ) -> Result<(), DurableError> {
        check_token(name)?;
        options.check(&self.stream_name(stream), name)?;
        consumer::ensure(self, stream, name, options).await?;
        consumer::pause(self.wire(), &self.stream_name(stream), name).await
    }

    /// Resumes a paused durable subscription. Returns whether the subscription exists.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn resume_durable(&self, stream: &'static StreamDefinition, name: &str) -> Result<bool, DurableError> {
        check_token(name)?;
        match consumer::resume(self.wire(), &self.stream_name(stream), name).await {
            Ok(()) => Ok(true),
            Err(DurableError::Gone { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Durable {
    /// Waits for events and holds them for this process: at least one, at most `most`. Ask for no more than can be
    /// started at once, because their ack wait runs. The wait lasts through outages. In order, one event is delivered
    /// at a time, once the previous one has been settled.
    ///
    /// The future may be dropped at any time: the next call delivers what has arrived.
    ///
    /// # Errors
    /// [`DurableError::Gone`]: the subscription does not exist any more.
    pub async fn next_batch(&mut self, most: usize) -> Result<Vec<Delivery>, DurableError> {
        let most = if self.is_in_order() { 1 } else { most.max(1) };
        loop {
            while let Some(unwanted) = self.unwanted.last() {
                unwanted.skip().await;
                self.unwanted.pop();
            }
            if let Some((held, place)) = &self.last {
                match held.fate(*place) {
                    Fate::Handled => self.last = None,
                    // The rest of its commit comes again with it.
                    Fate::GivenBack => {
                        self.last = None;
                        self.waiting.clear();
                    }
                    Fate::Held => {
                        tokio::select! {
                            () = held.settled() => {}
                            // Its ack wait is over.
                            again = self.pull.next(1) => {
                                self.last = None;
                                self.waiting.clear();
                                self.arrive(again?)?;
                            }
                        }
                        continue;
                    }
                }
            }
            self.waiting.retain(|delivery| !delivery.held().is_stale());
            if self.waiting.is_empty() {
                let arrived = self.pull.next(most).await?;
                self.arrive(arrived)?;
                continue;
            }
            for delivery in self.waiting.iter().take(most) {
                delivery.held().renew_if_late().await;
            }
            let count = most.min(self.waiting.len());
            let handed_out: Vec<_> = self.waiting.drain(..count).map(Delivery::handed_out).collect();
            if self.is_in_order() {
                self.last = handed_out.first().map(|only| (Arc::clone(only.held()), only.place));
            }
            return Ok(handed_out);
        }
    }

    const fn is_in_order(&self) -> bool {
        self.options.max_ack_pending == 1
    }

    fn arrive(&mut self, messages: Vec<Message>) -> Result<(), DurableError> {
        for message in messages {
            let types = &self.options.event_types;
            let wants = |event: &RecordedEvent| types.is_empty() || types.contains(&event.event_type);
            let opened = Held::open(
                &self.store,
                self.stream,
                &self.name,
                &self.options,
                &self.handled,
                message,
                wants,
            )?;
            match opened {
                (held, deliveries) if deliveries.is_empty() => self.unwanted.push(held),
                (_, deliveries) => self.waiting.extend(deliveries),
            }
        }
        Ok(())
    }

    /// The progress of the subscription, over all processes that share it.
    ///
    /// # Errors
    /// The server cannot be asked, or no longer knows the subscription.
    pub async fn status(&self) -> Result<DurableStatus, DurableError> {
        let status = self.store.durable_status(self.stream, &self.name).await?;
        status.ok_or_else(|| DurableError::Gone {
            stream: self.store.stream_name(self.stream),
            name: self.name.clone(),
        })
    }
}

impl DurableError {
    const CONSUMER_NOT_FOUND: u64 = 10_014;
    const STREAM_NOT_FOUND: u64 = 10_059;

    fn of(stream: &str, name: &str, fault: ApiFault) -> Self {
        let (stream, name) = (stream.to_owned(), name.to_owned());
        match fault {
            ApiFault::Refused { code, .. } if [Self::CONSUMER_NOT_FOUND, Self::STREAM_NOT_FOUND].contains(&code) => {
                Self::Gone { stream, name }
            }
            ApiFault::Refused { code, description } if TRANSIENT.contains(&code) => Self::Unavailable {
                stream,
                name,
                reason: description,
            },
            ApiFault::Refused { .. } => Self::Refused {
                stream,
                name,
                reason: fault.to_string(),
            },
            ApiFault::Unavailable(reason) => Self::Unavailable { stream, name, reason },
        }
    }
}
