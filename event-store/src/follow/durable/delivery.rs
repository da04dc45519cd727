//! An event that this process holds, and the ways to let go of it. What the server holds is the commit: it is let go of
//! when the last of its events is.

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

/// How many commits are remembered of which some events have been handled and others come again.
const REMEMBERED_COMMITS: usize = 1_000;

/// An event that was handed to this process, and is held for it until it is acknowledged, given back, or its time is
/// over. Dropping it does nothing: the event comes again when its time is over.
#[derive(Debug)]
pub struct Delivery {
    /// The event. A message that cannot be read as a commit says where it stands: acknowledge it to skip it, or have it
    /// tried again.
    pub event: Result<RecordedEvent, EnvelopeError>,
    /// Where it stands in the stream.
    pub place: Place,
    /// How often it has been handed out, this time included, to any process. Of other processes it is known only how often
    /// they were given its commit.
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
    /// How often the commit has been handed out to other processes.
    elsewhere: u64,
    /// Whether its events are handed out one at a time.
    in_order: bool,
    ack_wait: Duration,
    reply_to: String,
    handled: Arc<Handled>,
    left: Mutex<Left>,
    settled: Notify,
}

/// What of a commit is not settled yet.
#[derive(Debug)]
struct Left {
    events: BTreeSet<u32>,
    /// After how long it is to come again, if one of its events is.
    again: Option<Duration>,
    /// Since when its time runs.
    renewed_at: Instant,
}

/// What this process has done about commits whose events are not all settled.
#[derive(Debug, Default)]
pub(super) struct Handled(Mutex<BTreeMap<u64, Known>>);

#[derive(Debug, Default)]
struct Known {
    /// How often this process was given the commit.
    given: u64,
    /// How often it has handed out each event.
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

    /// Notes that the commit was given to this process, and answers how often that was.
    fn given(&self, position: u64) -> u64 {
        self.with(position, |known| {
            known.given += 1;
            known.given
        })
    }

    /// Notes that an event is handed out, and answers how often it has been.
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

/// What has become of an event that was handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Held,
    Handled,
    GivenBack,
}

impl Held {
    /// Opens a commit: a delivery for each of its events that is wanted and has not been handled by this process. Without
    /// any the commit is of no interest.
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
            // What cannot be read is handed out as well: whether to skip it is not for this code to say.
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

    /// Acknowledges a commit that nobody wants. If that is lost, it comes again and is skipped again.
    pub(super) async fn skip(&self) {
        self.say(AckKind::Ack).await;
        self.handled.forget(self.position);
    }

    /// What has become of an event that was handed out.
    pub(super) fn fate(&self, place: Place) -> Fate {
        let left = self.left();
        match (left.events.contains(&place.index), left.again) {
            (_, Some(_)) => Fate::GivenBack,
            (true, None) => Fate::Held,
            (false, None) => Fate::Handled,
        }
    }

    /// Waits until one more of its events is settled.
    pub(super) async fn settled(&self) {
        self.settled.notified().await;
    }

    /// Whether its time has run for so long that others may have it soon.
    pub(super) fn is_stale(&self) -> bool {
        self.left().renewed_at.elapsed() > self.ack_wait / 2
    }

    /// Lets its time begin anew, if some of it is over: one event must not use up the time of the next. If that is lost, it
    /// comes again sooner.
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

    /// Lets go of one event, and of the commit with the last one.
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
            // What comes behind it waits for it.
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

    /// Tells the server, and does not wait for an answer.
    async fn say(&self, kind: AckKind) {
        let client = self.store.wire().client();
        let _ = client.publish(self.reply_to.clone(), kind.into()).await;
    }

    /// Tells the server and waits for its answer. The client's own way takes the news that nobody listens for one.
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
    /// Counts that it is handed out.
    pub(super) fn handed_out(mut self) -> Self {
        self.attempt = self.held.elsewhere + self.held.handled.hand_out(self.place);
        self
    }

    /// What it has arrived with.
    pub(super) const fn held(&self) -> &Arc<Held> {
        &self.held
    }

    /// Says that the event has been handled. With the last event of its commit, waits until the server confirms it. It does
    /// not come again, with two exceptions: a server that is killed within a tenth of a second or so, and keeps the only
    /// copy of the stream, forgets it; and a process that ends before the rest of the commit is handled.
    ///
    /// # Errors
    /// The server did not confirm it. The event comes again, or the server has taken it all the same.
    pub async fn ack(&self) -> Result<(), DurableError> {
        self.held.settle(self.place, None).await
    }

    /// Gives the event back, to come again after some time: to any process, and before all others if one commit is held
    /// at a time. Otherwise the time begins when the other events of its commit are settled as well.
    ///
    /// # Errors
    /// The server did not confirm it. The event comes again when its time is over.
    pub async fn retry(&self, after: Duration) -> Result<(), DurableError> {
        self.held.settle(self.place, Some(after)).await
    }

    /// Asks for more time: the event, and with it the other events of its commit, is held for as long again as it was at
    /// the beginning.
    ///
    /// # Errors
    /// The server did not confirm it. The event may come again.
    pub async fn in_progress(&self) -> Result<(), DurableError> {
        self.held.tell(AckKind::Progress).await?;
        self.held.left().renewed_at = Instant::now();
        Ok(())
    }
}
