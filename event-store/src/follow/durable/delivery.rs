//! A delivered event, and the ways to settle it. The server delivers commits: a commit is settled with the last of
//! its events.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_nats::{
    Message,
    jetstream::{self, AckKind},
};
use bytes::Bytes;
use tokio::{sync::Notify, time::Instant};

use super::{DurableError, DurableOptions};
use crate::{EnvelopeError, EventStore, Place, RecordedEvent, StreamDefinition};

/// The maximum number of partly handled commits that are remembered.
const REMEMBERED_COMMITS: usize = 1_000;

/// An event that was delivered to this process. The process holds it until the event is acknowledged, given back, or
/// its ack wait is over. Dropping it does nothing: the event comes again when its ack wait is over.
#[derive(Debug)]
pub struct Delivery {
    /// The event. For a message that cannot be read as a commit, the error names its sequence: acknowledge it to skip
    /// it, or have it retried.
    pub event: Result<RecordedEvent, EnvelopeError>,
    /// The event's place in the stream.
    pub place: Place,
    /// How often the event has been delivered to any process, including this time. For other processes, only the
    /// deliveries of its commit are known.
    pub attempt: u64,
    held: Arc<Held>,
}

/// A commit that this process holds.
#[derive(Debug)]
pub(super) struct Held {
    store: EventStore,
    stream: String,
    name: String,
    position: u64,
    /// How often the commit has been delivered to other processes.
    elsewhere: u64,
    /// Whether events are delivered one at a time.
    in_order: bool,
    ack_wait: Duration,
    reply_to: String,
    handled: Arc<Handled>,
    left: Mutex<Left>,
    settled: Notify,
}

/// The unsettled part of a commit.
#[derive(Debug)]
struct Left {
    events: BTreeSet<u32>,
    /// The delay before the commit comes again, if one of its events is to be retried.
    again: Option<Duration>,
    /// When the ack wait was last started.
    renewed_at: Instant,
}

/// What this process has done with commits that are not settled yet.
#[derive(Debug, Default)]
pub(super) struct Handled(Mutex<BTreeMap<u64, Known>>);

#[derive(Debug, Default)]
struct Known {
    /// How often this process has received the commit.
    given: u64,
    /// How often it has delivered each event.
    handed_out: BTreeMap<u32, u64>,
    /// The events that have been handled.
    handled: BTreeSet<u32>,
}

impl Handled {
    fn add(&self, place: Place) {
        self.with(place.position, |known| known.handled.insert(place.index));
    }

    fn of(&self, position: u64) -> BTreeSet<u32> {
        let commits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        commits
            .get(&position)
            .map(|known| known.handled.clone())
            .unwrap_or_default()
    }

    /// Records that this process has received the commit. Returns how often it has.
    fn given(&self, position: u64) -> u64 {
        self.with(position, |known| {
            known.given += 1;
            known.given
        })
    }

    /// Records a delivery of an event. Returns how often it has been delivered.
    fn hand_out(&self, place: Place) -> u64 {
        self.with(place.position, |known| {
            let times = known.handed_out.entry(place.index).or_default();
            *times += 1;
            *times
        })
    }

    fn forget(&self, position: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&position);
    }

    fn with<T>(&self, position: u64, change: impl FnOnce(&mut Known) -> T) -> T {
        let mut commits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(commits.entry(position).or_default());
        while commits.len() > REMEMBERED_COMMITS {
            commits.pop_first();
        }
        changed
    }
}

/// The fate of a delivered event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Held,
    Handled,
    GivenBack,
}

impl Held {
    /// Opens a commit and makes a delivery for each event that is wanted and that this process has not handled. The
    /// list is empty if the commit is of no interest.
    pub(super) fn open(
        store: &EventStore,
        definition: &'static StreamDefinition,
        name: &str,
        options: &DurableOptions,
        handled: &Arc<Handled>,
        message: Message,
        wants: impl Fn(&RecordedEvent) -> bool,
    ) -> Result<(Arc<Self>, Vec<Delivery>), DurableError> {
        let stream = store.stream_name(definition);
        let message = jetstream::Message {
            message,
            context: store.context().clone(),
        };
        let (position, delivered) = match message.info() {
            Ok(info) => (info.stream_sequence, info.delivered.unsigned_abs()),
            Err(error) => {
                return Err(DurableError::Refused {
                    stream,
                    name: name.to_owned(),
                    reason: error.to_string(),
                });
            }
        };
        let message = message.message;
        let commit = crate::decode(definition, position, message.headers.as_ref(), message.payload);
        let known = handled.of(position);
        let events: Vec<(u32, Result<RecordedEvent, EnvelopeError>)> = match commit {
            Ok(commit) => {
                let wanted = commit.events.into_iter().filter(|event| wants(event));
                let wanted = wanted.filter(|event| !known.contains(&event.index));
                wanted.map(|event| (event.index, Ok(event))).collect()
            }
            // An unreadable message is delivered as well: the caller decides whether to skip it.
            Err(error) => vec![(0, Err(error))],
        };
        let left = Left {
            events: events.iter().map(|(index, _)| *index).collect(),
            again: None,
            renewed_at: Instant::now(),
        };
        let given = if events.is_empty() { 0 } else { handled.given(position) };
        let held = Arc::new(Self {
            store: store.clone(),
            stream,
            name: name.to_owned(),
            position,
            elsewhere: delivered.saturating_sub(given),
            in_order: options.max_ack_pending == 1,
            ack_wait: options.ack_wait,
            reply_to: message.reply.map(|reply| reply.to_string()).unwrap_or_default(),
            handled: Arc::clone(handled),
            left: Mutex::new(left),
            settled: Notify::new(),
        });
        let delivery = |(index, event)| Delivery {
            event,
            place: Place { position, index },
            attempt: 0,
            held: Arc::clone(&held),
        };
        let deliveries = events.into_iter().map(delivery).collect();
        Ok((held, deliveries))
    }

    /// Acknowledges a commit without wanted events. If the acknowledgement is lost, the commit comes again and is
    /// skipped again.
    pub(super) async fn skip(&self) {
        self.say(AckKind::Ack).await;
        self.handled.forget(self.position);
    }

    /// The fate of a delivered event.
    pub(super) fn fate(&self, place: Place) -> Fate {
        let left = self.left();
        match (left.events.contains(&place.index), left.again) {
            (_, Some(_)) => Fate::GivenBack,
            (true, None) => Fate::Held,
            (false, None) => Fate::Handled,
        }
    }

    /// Waits until one more event of the commit is settled.
    pub(super) async fn settled(&self) {
        self.settled.notified().await;
    }

    /// Whether so much of the ack wait is over that another process may receive the commit soon.
    pub(super) fn is_stale(&self) -> bool {
        self.left().renewed_at.elapsed() > self.ack_wait / 2
    }

    /// Restarts the ack wait if part of it is over, so that one event does not use up the time of the next. If the
    /// request is lost, the commit comes again sooner.
    pub(super) async fn renew_if_late(&self) {
        let now = Instant::now();
        let is_late = {
            let mut left = self.left();
            let is_late = now - left.renewed_at > self.ack_wait / 8;
            if is_late {
                left.renewed_at = now;
            }
            is_late
        };
        if is_late {
            self.say(AckKind::Progress).await;
        }
    }

    /// Settles one event, and with the last one the commit.
    async fn settle(&self, place: Place, again: Option<Duration>) -> Result<(), DurableError> {
        if again.is_none() {
            self.handled.add(place);
        }
        let kind = {
            let mut left = self.left();
            left.events.remove(&place.index);
            left.again = match (left.again, again) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            // The events after it wait for it.
            if self.in_order && left.again.is_some() {
                left.events.clear();
            }
            match (left.events.is_empty(), left.again) {
                (false, _) => None,
                (true, Some(after)) => Some(AckKind::Nak(Some(after))),
                (true, None) => Some(AckKind::Ack),
            }
        };
        let told = match kind {
            None => {
                self.renew_if_late().await;
                Ok(())
            }
            Some(kind) => {
                let is_over = matches!(kind, AckKind::Ack);
                let told = self.tell(kind).await;
                if is_over && told.is_ok() {
                    self.handled.forget(self.position);
                }
                told
            }
        };
        self.settled.notify_one();
        told
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends an acknowledgement without waiting for an answer.
    async fn say(&self, kind: AckKind) {
        let client = self.store.wire().client();
        let _ = client.publish(self.reply_to.clone(), kind.into()).await;
    }

    /// Sends an acknowledgement and waits for the answer. The client's own method takes a "no responders" status for
    /// an answer.
    async fn tell(&self, kind: AckKind) -> Result<(), DurableError> {
        let wire = self.store.wire();
        let told = wire.client().request(self.reply_to.clone(), Bytes::from(kind));
        let outcome = match tokio::time::timeout(wire.timeout(), told).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        Err(DurableError::Unavailable {
            stream: self.stream.clone(),
            name: self.name.clone(),
            reason: outcome,
        })
    }
}

impl Delivery {
    /// Counts the delivery.
    pub(super) fn handed_out(mut self) -> Self {
        self.attempt = self.held.elsewhere + self.held.handled.hand_out(self.place);
        self
    }

    /// The commit that the event came with.
    pub(super) const fn held(&self) -> &Arc<Held> {
        &self.held
    }

    /// Acknowledges the event. With the last event of its commit, waits until the server confirms. The event does not
    /// come again, with two exceptions. A server with the only copy of the stream that is killed within about a tenth
    /// of a second forgets the acknowledgement. A process that ends before it has handled the rest of the commit
    /// receives the whole commit again.
    ///
    /// # Errors
    /// The server did not confirm. The event comes again, unless the server has recorded the acknowledgement all the
    /// same.
    pub async fn ack(&self) -> Result<(), DurableError> {
        self.held.settle(self.place, None).await
    }

    /// Gives the event back, to come again after a delay. It can go to any process. If one commit is held at a time,
    /// it comes before all others. Otherwise the delay starts when the other events of its commit are settled as
    /// well.
    ///
    /// # Errors
    /// The server did not confirm. The event comes again when its ack wait is over.
    pub async fn retry(&self, after: Duration) -> Result<(), DurableError> {
        self.held.settle(self.place, Some(after)).await
    }

    /// Extends the time: the ack wait of the event, and of the other events in its commit, starts again.
    ///
    /// # Errors
    /// The server did not confirm. The event may come again.
    pub async fn in_progress(&self) -> Result<(), DurableError> {
        self.held.tell(AckKind::Progress).await?;
        self.held.left().renewed_at = Instant::now();
        Ok(())
    }
}
