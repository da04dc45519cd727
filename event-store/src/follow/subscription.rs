//! An ordered subscription to one stream, from a position. It resumes after a lost connection. It ends with an error
//! if an event is missing, or if the stream ends before the position.

use std::{pin::Pin, time::Duration};

use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::{sync::watch, time::Instant};

use crate::{Commit, CommitHash, EnvelopeError, EventStore, RecordedEvent, StreamDefinition, StreamError};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long the stream may be silent before the server is asked for its end.
const IDLE: Duration = Duration::from_secs(15);
/// The same, while more messages are expected.
const IDLE_BEHIND: Duration = Duration::from_secs(2);
/// How long a replicated stream must seem to end before the resume position until that is believed. A deposed leader
/// that is cut off reports such an end too; it steps down within twenty seconds.
const DEPOSED: Duration = Duration::from_secs(30);

/// Why a subscription cannot continue. All of these errors are permanent.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// A message of the stream cannot be read.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The stream has lost a commit.
    #[error("stream {stream}: sequence {expected} is missing, the next one is {found}")]
    Gap {
        /// The stream's name.
        stream: String,
        /// The expected sequence.
        expected: u64,
        /// The sequence that came instead.
        found: u64,
    },
    /// The stream has lost its end: the server counts these commits but cannot read the first of them.
    #[error("stream {stream}: sequence {first} is missing, although the stream ends at {last}")]
    Missing {
        /// The stream's name.
        stream: String,
        /// The sequence that cannot be read.
        first: u64,
        /// Where the stream ends.
        last: u64,
    },
    /// A commit does not follow from the previous one: one of the two has been changed.
    #[error("stream {stream}: sequence {sequence} does not carry the hash of the commit before it")]
    Broken {
        /// The stream's name.
        stream: String,
        /// The sequence that does not fit.
        sequence: u64,
    },
    /// The stream ends before the resume position: it has been replaced, or restored from an older copy.
    #[error(
        "stream {stream} ends at sequence {last}, before position {after} that was already read: it is not the stream \
         that was read, or it has lost events"
    )]
    AheadOfStream {
        /// The stream's name.
        stream: String,
        /// The resume position.
        after: u64,
        /// Where the stream ends.
        last: u64,
    },
}

type Messages = Pin<
    Box<
        dyn futures_util::Stream<
                Item = Result<async_nats::jetstream::Message, async_nats::error::Error<pull::OrderedErrorKind>>,
            > + Send,
    >,
>;

/// Reads a stream in order, batch by batch.
pub struct Subscription {
    store: EventStore,
    stream: &'static StreamDefinition,
    position: u64,
    /// The hash of the commit at the position, if known.
    hash: Option<CommitHash>,
    events_read: u64,
    /// The size of bodies at which a batch takes no further commits.
    batch_bytes: usize,
    /// The types of the aggregates whose events are returned; all, if the list is empty.
    types: Vec<&'static str>,
    /// Whether the stream held more commits when the server was last heard of.
    is_behind: bool,
    /// How long the stream may be silent before the server is asked for its end.
    idle: Duration,
    /// Whether silence is reported as an empty batch.
    tells_of_silence: bool,
    messages: Option<Messages>,
    /// Since when a replicated stream has seemed to end before the position.
    ahead_since: Option<Instant>,
    connections: watch::Receiver<u64>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("stream", &self.stream.name)
            .field("position", &self.position)
            .finish()
    }
}

impl EventStore {
    /// Subscribes to a stream, starting after a position. Position 0 is the stream's beginning.
    #[must_use]
    pub fn subscribe(&self, stream: &'static StreamDefinition, after: u64) -> Subscription {
        Subscription {
            store: self.clone(),
            stream,
            position: after,
            hash: (after == 0).then_some(CommitHash::GENESIS),
            events_read: 0,
            batch_bytes: usize::MAX,
            types: Vec::new(),
            is_behind: false,
            idle: IDLE,
            tells_of_silence: false,
            messages: None,
            ahead_since: None,
            connections: self.connections(),
        }
    }
}

impl Subscription {
    /// The position of the last commit read.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The hash of that commit. `None` if no commit has been read and no hash was given.
    #[must_use]
    pub const fn hash(&self) -> Option<CommitHash> {
        self.hash
    }

    /// How many events have been read so far, including those that were filtered out.
    #[must_use]
    pub const fn events_read(&self) -> u64 {
        self.events_read
    }

    /// Expects the first commit to carry this hash as its previous hash.
    #[must_use]
    pub const fn behind(mut self, hash: CommitHash) -> Self {
        self.hash = Some(hash);
        self
    }

    /// Ends a batch once its bodies reach this many bytes.
    #[must_use]
    pub const fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// Returns only events of aggregates of these types. Other events are filtered out, but a missing one is still an
    /// error.
    #[must_use]
    pub fn of_types(mut self, types: &[&'static str]) -> Self {
        self.types = types.to_vec();
        self
    }

    /// Returns an empty batch when it is certain that the stream has been silent for this long.
    pub(crate) const fn that_tells_of_silence(mut self, after: Duration) -> Self {
        self.idle = after;
        self.tells_of_silence = true;
        self
    }

    /// Whether the stream held more commits when the server was last heard of.
    #[must_use]
    pub const fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Waits for at least one commit and returns the events of the available commits, in order. Commits are returned
    /// whole: once a batch has `max` events, no further commit is added. With a filter on types the batch may be
    /// empty. The wait lasts through outages.
    ///
    /// # Errors
    /// The stream cannot be followed any further.
    pub async fn next_batch(&mut self, max: usize) -> Result<Vec<RecordedEvent>, SubscriptionError> {
        let commits = self.next_commits(max).await?;
        let mut events: Vec<_> = commits.into_iter().flat_map(|commit| commit.events).collect();
        if !self.types.is_empty() {
            events.retain(|event| self.types.contains(&event.aggregate_type.as_str()));
        }
        Ok(events)
    }

    /// As [`Subscription::next_batch`], but returns the commits, without the filter on types.
    ///
    /// # Errors
    /// The stream cannot be followed any further.
    pub async fn next_commits(&mut self, max: usize) -> Result<Vec<Commit>, SubscriptionError> {
        loop {
            let mut messages = match self.messages.take() {
                Some(messages) => messages,
                None => self.reopen().await?,
            };
            // A new connection has lost the requests of the old one, and waiting for missed heartbeats would take
            // long.
            let patience = if self.is_behind { IDLE_BEHIND } else { self.idle };
            let next = tokio::select! {
                next = messages.next() => next,
                Ok(()) = self.connections.changed() => None,
                () = tokio::time::sleep(patience) => match check_end(&self.store, self.stream, self.position).await? {
                    End::Here => {
                        self.is_behind = false;
                        self.messages = Some(messages);
                        if self.tells_of_silence {
                            return Ok(Vec::new());
                        }
                        continue;
                    }
                    End::Unknown => {
                        self.messages = Some(messages);
                        continue;
                    }
                    End::Elsewhere => None,
                }
            };
            match next {
                Some(Ok(first)) => {
                    let place = Place::of(&first);
                    // A consumer that the client replaced before its first message starts at the stream's beginning.
                    if (1..=self.position).contains(&place.sequence) {
                        continue;
                    }
                    let first = self.accept(&first, place)?;
                    let (mut events, mut bytes) = (first.events.len(), first.body().len());
                    let mut batch = vec![first];
                    while events < max && bytes < self.batch_bytes {
                        match messages.next().now_or_never() {
                            Some(Some(Ok(message))) => match self.accept(&message, Place::of(&message)) {
                                Ok(commit) => {
                                    events += commit.events.len().max(1);
                                    bytes += commit.body().len();
                                    batch.push(commit);
                                }
                                // Earlier commits are returned; the next call meets the message again.
                                Err(_) => return Ok(batch),
                            },
                            // A fault ends the batch; the next call opens the subscription again.
                            Some(_) => return Ok(batch),
                            None => break,
                        }
                    }
                    self.messages = Some(messages);
                    return Ok(batch);
                }
                Some(Err(error)) => {
                    tracing::debug!(stream = self.stream.name, reason = %error, "the subscription is opened again");
                }
                None => {}
            }
        }
    }

    /// Opens the subscription, with retries. Only the first fault is logged.
    async fn reopen(&mut self) -> Result<Messages, SubscriptionError> {
        let mut pause = FIRST_PAUSE;
        loop {
            self.connections.mark_unchanged();
            let opened = match open(&self.store, self.stream, self.position).await {
                Err(error @ SubscriptionError::AheadOfStream { .. }) if self.may_pass() => Err(error.to_string()),
                outcome => {
                    self.ahead_since = None;
                    outcome?
                }
            };
            match opened {
                Ok((messages, last_position)) => {
                    self.is_behind = last_position > self.position;
                    return Ok(messages);
                }
                Err(reason) if pause == FIRST_PAUSE => {
                    tracing::warn!(
                        stream = self.stream.name,
                        reason,
                        "the subscription waits for its stream"
                    );
                }
                Err(_) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                Ok(()) = self.connections.changed() => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether the apparent end of the stream may still prove wrong.
    fn may_pass(&mut self) -> bool {
        let since = *self.ahead_since.get_or_insert_with(Instant::now);
        self.store.loads_can_lag() && since.elapsed() < DEPOSED
    }

    /// Checks and decodes the next message.
    fn accept(
        &mut self,
        message: &async_nats::jetstream::Message,
        Place { sequence, is_last }: Place,
    ) -> Result<Commit, SubscriptionError> {
        let stream = || self.store.stream_name(self.stream);
        if sequence != self.position + 1 {
            return Err(SubscriptionError::Gap {
                stream: stream(),
                expected: self.position + 1,
                found: sequence,
            });
        }
        let commit = crate::decode(self.stream, sequence, message.headers.as_ref(), message.payload.clone())?;
        if self.hash.is_some_and(|hash| hash != commit.previous_hash) {
            return Err(SubscriptionError::Broken {
                stream: stream(),
                sequence,
            });
        }
        self.position = sequence;
        self.hash = Some(commit.hash());
        self.events_read += commit.events.len() as u64;
        self.is_behind = !is_last;
        Ok(commit)
    }
}

/// A message's sequence, and whether it is the last.
struct Place {
    /// The sequence in the stream; 0 if unknown.
    sequence: u64,
    /// Whether the stream held no later message when this one was sent, or that is unknown.
    is_last: bool,
}

impl Place {
    fn of(message: &async_nats::jetstream::Message) -> Self {
        match message.info() {
            Ok(info) => Self {
                sequence: info.stream_sequence,
                is_last: info.pending == 0,
            },
            Err(_) => Self {
                sequence: 0,
                is_last: true,
            },
        }
    }
}

/// The stream's end, relative to a subscription that has received nothing.
enum End {
    /// At the subscription's position.
    Here,
    /// Beyond the position, because the subscription's consumer was lost without notice; or before it, because the
    /// stream has become shorter.
    Elsewhere,
    /// The server cannot be asked.
    Unknown,
}

/// Compares the stream's end with the position. Fails if the server cannot find the next commit, because it does not
/// report that to waiting consumers.
async fn check_end(store: &EventStore, definition: &StreamDefinition, position: u64) -> Result<End, SubscriptionError> {
    let Ok(status) = store.status(definition).await else {
        return Ok(End::Unknown);
    };
    match status.last_position.cmp(&position) {
        std::cmp::Ordering::Equal => return Ok(End::Here),
        std::cmp::Ordering::Less => return Ok(End::Elsewhere),
        std::cmp::Ordering::Greater => {}
    }
    let (stream, next) = (store.stream_name(definition), position + 1);
    match store.wire().leader_has(&stream, next).await {
        Ok(false) => Err(SubscriptionError::Missing {
            stream,
            first: next,
            last: status.last_position,
        }),
        Ok(true) | Err(_) => Ok(End::Elsewhere),
    }
}

/// Opens an ordered consumer after the position, and returns the stream's end. The inner error is temporary; the
/// outer one is permanent.
async fn open(
    store: &EventStore,
    definition: &StreamDefinition,
    position: u64,
) -> Result<Result<(Messages, u64), String>, SubscriptionError> {
    let status = match store.status(definition).await {
        Ok(status) => status,
        Err(StreamError::Unavailable { reason, .. }) => return Ok(Err(reason)),
        Err(error) => return Ok(Err(error.to_string())),
    };
    if status.last_position < position {
        return Err(SubscriptionError::AheadOfStream {
            stream: store.stream_name(definition),
            after: position,
            last: status.last_position,
        });
    }
    let open = async {
        let stream = store
            .context()
            .get_stream_no_info(store.stream_name(definition))
            .await
            .map_err(|error| error.to_string())?;
        let config = pull::OrderedConfig {
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: position + 1,
            },
            ..pull::OrderedConfig::default()
        };
        let consumer = stream
            .create_consumer(config)
            .await
            .map_err(|error| error.to_string())?;
        consumer.messages().await.map_err(|error| error.to_string())
    };
    let opened = tokio::time::timeout(store.wire().timeout(), open).await;
    Ok(match opened {
        Ok(Ok(messages)) => Ok((Box::pin(messages) as Messages, status.last_position)),
        Ok(Err(reason)) => Err(reason),
        Err(_) => Err("no answer in time".to_owned()),
    })
}
