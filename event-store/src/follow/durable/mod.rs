//! A durable subscription: the server remembers, under a name, which events have been handled. For reactors, which act
//! on the world and must not do it again because a process has died.
//!
//! Any number of processes may share a name; each event is held by one of them at a time. An event counts as handled
//! once it is acknowledged, and comes again until then: at least once, so what handles it must stand a repetition.
//!
//! What the server hands out and counts are commits, each with one event or more. A commit is acknowledged with the last of
//! its events. If it comes again because of one of them, a process leaves out those that it has handled already.

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

/// Where a durable subscription begins. It counts when the name is first used: one that exists goes on where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the first event that is appended from now on.
    New,
    /// With the stream's first event.
    Beginning,
    /// With the first event after a position.
    After(u64),
}

/// How a durable subscription hands out events. All processes that share a name give the same options; the last one to
/// begin decides.
#[derive(Clone, Debug)]
pub struct DurableOptions {
    /// Where it begins.
    pub start: Start,
    /// How long an event is held for the process that got it. If it is neither acknowledged nor asked more time for by
    /// then, it comes again, to any process.
    pub ack_wait: Duration,
    /// How many commits may be held at once, by all processes together.
    ///
    /// With 1 the events come in the order of the stream, each after the one before is acknowledged, also when one has
    /// to be tried again. With more, an event that is tried again is overtaken, also by later events of its aggregate.
    pub max_ack_pending: u32,
    /// The types of the events to hand out; all, when there is none. The other events are acknowledged unseen: the
    /// server is not asked to filter, which is slow where subjects are many.
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
    /// The server would take nothing for its own default.
    fn check(&self, stream: &str, name: &str) -> Result<(), DurableError> {
        let reason = match self {
            Self { max_ack_pending: 0, .. } => "max_ack_pending must be 1 or more",
            Self { ack_wait, .. } if ack_wait.is_zero() => "ack_wait must be more than nothing",
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
    /// The name cannot be one of a subscription.
    #[error("the name of a durable subscription {0}")]
    Name(#[from] InvalidToken),
    /// The server cannot be asked, or did not answer. It passes.
    #[error("durable subscription {name} of stream {stream} is unavailable: {reason}")]
    Unavailable {
        /// The stream's name.
        stream: String,
        /// The subscription's name.
        name: String,
        /// What the server or the client said.
        reason: String,
    },
    /// The server does not take the options, or another kind of consumer has the name.
    #[error("durable subscription {name} of stream {stream} is refused: {reason}")]
    Refused {
        /// The stream's name.
        stream: String,
        /// The subscription's name.
        name: String,
        /// What the server said.
        reason: String,
    },
    /// The stream ends before the position to begin after: it is not the stream that was read, or has lost events.
    #[error("stream {stream} ends at sequence {last}, before position {after} to begin after")]
    AheadOfStream {
        /// The stream's name.
        stream: String,
        /// The position to begin after.
        after: u64,
        /// Where the stream ends.
        last: u64,
    },
    /// The server knows the name no more: someone has deleted the subscription or its stream, and with it what had been
    /// acknowledged. Opening it again begins where its options say.
    #[error("durable subscription {name} of stream {stream} is gone")]
    Gone {
        /// The stream's name.
        stream: String,
        /// The subscription's name.
        name: String,
    },
}

/// How far a durable subscription has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurableStatus {
    /// How many commits have not been handed out yet.
    pub pending: u64,
    /// How many are held, or wait to be tried again.
    pub ack_pending: u64,
    /// How many of these have been handed out more than once.
    pub redelivered: u64,
    /// Every commit up to this position is acknowledged.
    pub last_acked: u64,
    /// Whether nothing is handed out until it is resumed.
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
    /// What has arrived and is to be handed out.
    waiting: VecDeque<Delivery>,
    /// In order: what was handed out last.
    last: Option<(Arc<Held>, Place)>,
    /// What has arrived and is to be passed over.
    unwanted: Vec<Arc<Held>>,
    handled: Arc<Handled>,
}

impl EventStore {
    /// Opens a durable subscription to a stream. The first time creates it; after that its options are changed to those
    /// given, all but where it begins.
    ///
    /// # Errors
    /// The name cannot be one, the server cannot be asked or does not take the options, or the stream ends before the
    /// position to begin after.
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
    /// How far a durable subscription has come, over all processes that share it; nothing, if nobody has opened it yet.
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
    /// Lets a durable subscription hand out nothing more, to any process, until it is resumed: not over restarts either.
    /// What is held already can still be acknowledged. One that nobody has opened yet is created, so that it is paused
    /// when somebody does.
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

    /// Lets a durable subscription go on where it was paused. Answers whether there is one.
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
    /// Waits for events that are to be handled, and holds them for this process: at least one, and at most so many, which
    /// should be no more than can be begun at once, because their time runs. It waits through outages for as long as they
    /// last. In order, one event is handed out at a time, once the one before it has been settled.
    ///
    /// The wait can be given up at any time: what arrives meanwhile is handed out by the next call.
    ///
    /// # Errors
    /// [`DurableError::Gone`]: there is nothing left to wait for.
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
                            // Its time is over.
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

    /// How far the subscription has come, over all processes that share it.
    ///
    /// # Errors
    /// The server cannot be asked, or knows the subscription no more.
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
