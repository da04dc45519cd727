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

mod append;
mod chain;
mod committer;
mod envelope;
mod heads;
mod load;
mod present;
mod store;
mod stream;
pub mod subject;
mod subscription;
mod verify;
mod wire;

pub use append::{Append, AppendError, Appended, NewEvent, Write};
pub use chain::EventHash;
pub use envelope::{EnvelopeError, Metadata, RecordedEvent};
pub use load::{Consistency, LoadError};
pub use store::{ConnectError, EventStore, Options};
pub use stream::{StreamDefinition, StreamError, StreamStatus};
pub use subject::{AggregateId, InvalidToken};
pub use subscription::{Subscription, SubscriptionError};
pub use verify::{ChainFault, ChainVerifier};
