//! An event store on NATS JetStream. Generic: it knows aggregates, versions and events, and nothing of what they mean.
//!
//! - **One literal subject per event**, ending in the aggregate's version and appended with the expectation that it is
//!   new ([`subject`]). The subject index is thereby a unique index on (aggregate, version): optimistic concurrency,
//!   retries that cannot store twice, and gap detection in one rule.
//! - **An append is atomic** over all the aggregates of one stream that it names, and durable before it answers
//!   ([`EventStore::append`]). Appends that wait at the same moment share one commit.
//! - **A load is one round trip** ([`EventStore::load`]), and **a subscription is ordered** and resumes by itself
//!   ([`EventStore::subscribe`]).
//!
//! Streams must be kept on servers that run with `sync_interval: always`; otherwise an acknowledged append can be lost
//! when a machine loses power.

mod api;
mod append;
mod chain;
mod committer;
mod cqrs;
mod direct;
mod durable;
mod envelope;
mod fold;
mod load;
mod sealing;
mod snapshot;
mod state;
mod store;
mod stream;
pub mod subject;
mod subscription;
mod turns;
mod verify;
mod wire;

/// The headers of a message, as [`decode`] takes them.
pub use async_nats::HeaderMap;

pub use append::{Append, AppendError, Appended, Head, NewEvent, Write};
pub use chain::EventHash;
pub use cqrs::{CqrsContext, CqrsEventStore};
pub use durable::{Delivery, Durable, DurableError, DurableOptions, DurableStatus, Start};
pub use envelope::{EnvelopeError, Metadata, RecordedEvent, Sealed, decode};
pub use fold::{Fold, Snapshots};
pub use load::{Consistency, LoadError};
pub use sealing::{
    KeyCensus, KeyError, LocalMasterKey, MasterKey, MasterKeyError, MasterKeys, PersonalData, Rewrapped, Sealing,
};
pub use state::{Freshness, Loaded};
pub use store::{ConnectError, EventStore, Options};
pub use stream::{Difference, StreamDefinition, StreamError, StreamSettings, StreamStatus};
pub use subject::{AggregateId, InvalidToken};
pub use subscription::{Subscription, SubscriptionError};
pub use turns::Turn;
pub use verify::{ChainFault, ChainVerifier, EventName, StreamFault, Verification};
