//! Reads a whole stream and finds its first fault. It changes nothing.

mod chain;
mod missing;

pub use chain::ChainFault;
use chain::ChainVerifier;

use std::fmt;

use crate::{EnvelopeError, EventStore, StreamDefinition, StreamError, SubscriptionError};

/// How many events a batch holds before no further commit is added.
const BATCH_EVENTS: usize = 1_000;

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How many commits passed, up to the first fault.
    pub commits: u64,
    /// How many events they hold.
    pub events: u64,
    /// How many aggregates the events belong to.
    pub aggregates: usize,
    /// The first fault, if there is one.
    pub fault: Option<StreamFault>,
}

/// An event, identified by its aggregate and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventName {
    /// The aggregate's type and id.
    pub aggregate: String,
    /// The aggregate's version after the event.
    pub version: u64,
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {} of {}", self.version, self.aggregate)
    }
}

/// The first fault of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamFault {
    /// The stream has a gap.
    Missing {
        /// The first sequence that is missing.
        first: u64,
        /// The last missing sequence of this gap.
        last: u64,
        /// A missing event, if there is a trace of one.
        event: Option<EventName>,
    },
    /// The commits do not follow from each other.
    Chain(ChainFault),
    /// A message of the stream cannot be read as a commit.
    Unreadable(EnvelopeError),
    /// The present commits are intact, but the server lost later data when it last opened its files.
    Lost {
        /// How many bytes were lost.
        bytes: u64,
        /// The stream's present end.
        last: u64,
    },
}

impl fmt::Display for StreamFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { first, last, event } => {
                match last - first {
                    0 => write!(f, "sequence {first} is missing")?,
                    _ => write!(f, "sequences {first} to {last} are missing")?,
                }
                match event {
                    Some(event) => write!(f, ", {event} among them"),
                    None => Ok(()),
                }
            }
            Self::Chain(fault) => fault.fmt(f),
            Self::Unreadable(error) => error.fmt(f),
            Self::Lost { bytes, last } => {
                write!(f, "the server has lost {bytes} bytes after sequence {last}")
            }
        }
    }
}

impl StreamFault {
    /// The kind of fault, in one word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Missing { .. } | Self::Chain(ChainFault::Missing { .. }) => "missing",
            Self::Chain(ChainFault::Extra { .. }) => "extra",
            Self::Chain(ChainFault::Broken { .. }) => "broken",
            Self::Unreadable(_) => "unreadable",
            Self::Lost { .. } => "lost",
        }
    }

    /// The sequence where it was found.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        match self {
            Self::Missing { first, .. } => *first,
            Self::Chain(
                ChainFault::Missing { position, .. }
                | ChainFault::Extra { position, .. }
                | ChainFault::Broken { position },
            ) => *position,
            Self::Unreadable(error) => error.sequence,
            Self::Lost { last, .. } => *last,
        }
    }

    /// The missing or extra event, if known.
    #[must_use]
    pub fn event(&self) -> Option<EventName> {
        let named = |aggregate: &String, version: u64| {
            Some(EventName {
                aggregate: aggregate.clone(),
                version,
            })
        };
        match self {
            Self::Missing { event, .. } => event.clone(),
            Self::Chain(
                ChainFault::Missing {
                    aggregate,
                    expected: version,
                    ..
                }
                | ChainFault::Extra {
                    aggregate,
                    found: version,
                    ..
                },
            ) => named(aggregate, *version),
            Self::Chain(ChainFault::Broken { .. }) | Self::Unreadable(_) | Self::Lost { .. } => None,
        }
    }
}

impl EventStore {
    /// Reads a stream from its beginning to its present end. Checks that no sequence is missing, that the hash chain
    /// is whole, and that the versions of each aggregate are dense. `progress` is called with the position reached
    /// and the end.
    ///
    /// An aggregate takes about 100 bytes of memory. Commits that are lost at the stream's end leave no gap. The loss
    /// is found only if the server reports it, or if another reader remembers a later position.
    ///
    /// # Errors
    /// The server cannot be asked. An outage during the verification is waited for.
    pub async fn verify(
        &self,
        stream: &'static StreamDefinition,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Verification, StreamError> {
        let end = self.status(stream).await?.last_position;
        let mut verifier = ChainVerifier::default();
        let mut fault = self.first_fault(stream, end, &mut verifier, &mut progress).await;
        let (commits, events, aggregates) = (verifier.commits(), verifier.events(), verifier.aggregates());
        if let Some(StreamFault::Missing { last, event, .. }) = &mut fault {
            *event = self.name_missing(stream, *last, verifier.into_versions()).await;
        }
        if fault.is_none() {
            fault = self.lost(stream).await?;
        }
        Ok(Verification {
            commits,
            events,
            aggregates,
            fault,
        })
    }

    async fn first_fault(
        &self,
        stream: &'static StreamDefinition,
        end: u64,
        verifier: &mut ChainVerifier,
        progress: &mut impl FnMut(u64, u64),
    ) -> Option<StreamFault> {
        let mut subscription = self.subscribe(stream, 0);
        while subscription.position() < end {
            let batch = match subscription.next_commits(BATCH_EVENTS).await {
                Ok(batch) => batch,
                Err(error) => return Some(of_subscription(error)),
            };
            for commit in batch {
                if let Err(fault) = verifier.check(&commit) {
                    return Some(StreamFault::Chain(fault));
                }
            }
            progress(subscription.position().min(end), end);
        }
        None
    }

    async fn lost(&self, stream: &StreamDefinition) -> Result<Option<StreamFault>, StreamError> {
        let name = self.stream_name(stream);
        let info = self.wire().stream_info(&name).await;
        let state = info.map_err(|fault| StreamError::unavailable(name, &fault))?.state;
        let lost = state.lost.filter(|lost| lost.bytes > 0);
        Ok(lost.map(|lost| StreamFault::Lost {
            bytes: lost.bytes,
            last: state.last_seq,
        }))
    }
}

fn of_subscription(error: SubscriptionError) -> StreamFault {
    let missing = |first, last| StreamFault::Missing {
        first,
        last,
        event: None,
    };
    match error {
        SubscriptionError::Envelope(error) => StreamFault::Unreadable(error),
        SubscriptionError::Gap { expected, found, .. } => missing(expected, found - 1),
        SubscriptionError::Missing { first, last, .. } => missing(first, last),
        SubscriptionError::Broken { sequence, .. } => StreamFault::Chain(ChainFault::Broken { position: sequence }),
        // The subscription started at the beginning, so it has read everything up to its position.
        SubscriptionError::AheadOfStream { after, last, .. } => missing(last + 1, after),
    }
}
