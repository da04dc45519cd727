//! An event that this process holds, and the ways to let go of it. What the server holds is the commit: it is let go of
//! when the last of its events is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_nats::{
    Message,
    jetstream::{self, AckKind},
};
use bytes::Bytes;

use super::DurableError;
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
    /// How often it has been handed out, this time included, to any process.
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
    reply_to: String,
    handled: Arc<Handled>,
    left: Mutex<Left>,
}

/// What of a commit is not settled yet.
#[derive(Debug, Default)]
struct Left {
    events: BTreeSet<u32>,
    /// After how long it is to come again, if one of its events is.
    again: Option<Duration>,
}

/// The events that have been handled of commits that come again because of others.
#[derive(Debug, Default)]
pub(super) struct Handled(Mutex<BTreeMap<u64, BTreeSet<u32>>>);

impl Handled {
    fn add(&self, place: Place) {
        let mut commits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        commits.entry(place.position).or_default().insert(place.index);
        while commits.len() > REMEMBERED_COMMITS {
            commits.pop_first();
        }
    }

    fn of(&self, position: u64) -> BTreeSet<u32> {
        let commits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        commits.get(&position).cloned().unwrap_or_default()
    }

    fn forget(&self, position: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&position);
    }
}

impl Held {
    /// Opens a commit: a delivery for each of its events that is wanted and has not been handled by this process. Without
    /// any the commit is of no interest.
    pub(super) fn open(
        store: &EventStore,
        definition: &'static StreamDefinition,
        name: &str,
        handled: &Arc<Handled>,
        message: Message,
        wants: impl Fn(&RecordedEvent) -> bool,
    ) -> Result<(Arc<Self>, Vec<Delivery>), DurableError> {
        let stream = store.stream_name(definition);
        let message = jetstream::Message {
            message,
            context: store.context().clone(),
        };
        let (position, attempt) = match message.info() {
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
        };
        let held = Arc::new(Self {
            store: store.clone(),
            stream,
            name: name.to_owned(),
            position,
            reply_to: message.reply.map(|reply| reply.to_string()).unwrap_or_default(),
            handled: Arc::clone(handled),
            left: Mutex::new(left),
        });
        let delivery = |(index, event)| Delivery {
            event,
            place: Place { position, index },
            attempt,
            held: Arc::clone(&held),
        };
        let deliveries = events.into_iter().map(delivery).collect();
        Ok((held, deliveries))
    }

    /// Acknowledges a commit that nobody wants. If that is lost, it comes again and is skipped again.
    pub(super) async fn skip(&self) {
        let client = self.store.wire().client();
        let _ = client.publish(self.reply_to.clone(), AckKind::Ack.into()).await;
    }

    /// Lets go of one event, and of the commit with the last one.
    async fn settle(&self, place: Place, again: Option<Duration>) -> Result<(), DurableError> {
        if again.is_none() {
            self.handled.add(place);
        }
        let kind = {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            left.events.remove(&place.index);
            left.again = match (left.again, again) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            match (left.events.is_empty(), left.again) {
                (false, _) => return Ok(()),
                (true, Some(after)) => AckKind::Nak(Some(after)),
                (true, None) => AckKind::Ack,
            }
        };
        let is_over = matches!(kind, AckKind::Ack);
        self.tell(kind).await?;
        if is_over {
            self.handled.forget(self.position);
        }
        Ok(())
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
    /// Says that the event has been handled. With the last event of its commit, waits until the server confirms it. It does
    /// not come again, with two exceptions: a server that is killed within a tenth of a second or so, and keeps the only
    /// copy of the stream, forgets it; and a process that ends before the rest of the commit is handled.
    ///
    /// # Errors
    /// The server did not confirm it. The event comes again, or the server has taken it all the same.
    pub async fn ack(&self) -> Result<(), DurableError> {
        self.held.settle(self.place, None).await
    }

    /// Gives the event back, to come again after some time: to any process, and before all others if one event is held
    /// at a time.
    ///
    /// # Errors
    /// The server did not confirm it. The event comes again when its time is over.
    pub async fn retry(&self, after: Duration) -> Result<(), DurableError> {
        self.held.settle(self.place, Some(after)).await
    }

    /// Asks for more time: the event is held for as long again as it was at the beginning.
    ///
    /// # Errors
    /// The server did not confirm it. The event may come again.
    pub async fn in_progress(&self) -> Result<(), DurableError> {
        self.held.tell(AckKind::Progress).await
    }
}
