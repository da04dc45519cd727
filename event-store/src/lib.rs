//! An event store on NATS JetStream. Generic: it knows aggregates, versions and events, and nothing of what they mean.
//!
//! - **A commit is one message**: the events of one or more commands, as a batch of CloudEvents. It is stored whole or not
//!   at all, and durable before anybody is answered.
//! - **One append condition for each stream**: a commit is stored only if the stream still ends where its decisions were
//!   taken. So a rule may span any number of aggregates, and any number of processes may decide ([`EventStore::decide`]).
//! - **Decisions are taken on a local index**: where each aggregate's events are, decision models ([`DecisionModel`]), and
//!   used idempotency keys. It is folded from the log and can be lost at any time.
//! - **Streams are code**: created, checked and, where it is safe, changed when the store is opened
//!   ([`EventStore::connect`], [`StreamSettings`]). A stream in which events could be lost is refused.
//! - **A backup restores the same stream** ([`EventStore::restore`]): the same commits at the same positions.
//! - **Damage shows**: each commit carries the hash of the commit before it ([`EventStore::verify`]).
//!
//! Streams must be kept on servers that run with `sync_interval: always`; otherwise an acknowledged commit can be lost
//! when a machine loses power. [`Inspector`] finds out.
//!
//! # Ordered or durable
//!
//! There are two ways to follow a stream, and the difference is who remembers what has been done.
//!
//! | | [`subscribe`](EventStore::subscribe): ordered | [`durable`](EventStore::durable): durable |
//! |---|---|---|
//! | for | projections: state that is folded from events, and can be folded again | reactors: effects on the world, which must not be repeated at will |
//! | the position is kept by | the caller, best in the transaction that stores its state | the server, under a name |
//! | an event comes | exactly once from a position on, in the order of the stream | at least once, until it is acknowledged |
//! | several processes | each read everything | share the commits; one holds each at a time |
//! | a fault | stops it: a gap or a broken chain is an error | is for the caller to decide: try again, or skip |
//! | lost events | are noticed | are not: the server leaves them out silently |
//! | speed | thousands of events a batch | one round trip a commit |
//!
//! A durable subscription keeps the order of the stream if one commit may be held at a time
//! ([`DurableOptions::max_ack_pending`]), and gives it up if more may be.
//!
//! # Example
//!
//! ```no_run
//! use event_store::{AggregateId, EventStore, IndexStorage, Options, StreamDefinition, StreamSettings};
//!
//! static SHOP: StreamDefinition = StreamDefinition { name: "SHOP", subject: "shop.log", models: &[] };
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let options = Options {
//!     url: "nats://127.0.0.1:4222".to_owned(),
//!     namespace: String::new(),
//!     source: "urn:example:shop".to_owned(),
//!     streams: StreamSettings::default(),
//!     mends_streams: true,
//!     request_timeout: std::time::Duration::from_secs(5),
//!     queue_appends: 1_000,
//!     remembered_states: 10_000,
//!     index: Some(IndexStorage::Temporary),
//!     sealing: None,
//! };
//! let store = EventStore::connect(options, &[&SHOP]).await?;
//! let order = AggregateId::new(&SHOP, "order", "4711")?;
//! let events = store.load(&order).await?;
//! println!("order 4711 is at version {}", events.len());
//! # Ok(())
//! # }
//! ```
//!
//! `examples/orders.rs` goes on from here: it appends, meets a conflict, decides on a rule, follows the stream and reacts to
//! it.

mod commit;
mod decide;
mod follow;
mod index;
mod jetstream;
mod load;
mod operate;
mod sealing;
mod store;
#[cfg(test)]
mod testing;

/// The headers of a message, as [`decode`] takes them.
pub use async_nats::HeaderMap;

pub use commit::{
    AggregateId, Commit, CommitHash, EnvelopeError, InvalidPlace, InvalidToken, Metadata, Place, Receipt,
    RecordedEvent, Sealed, check_token, decode,
};
pub use decide::{
    Append, AppendError, Appended, CqrsContext, CqrsEventStore, Decided, Loaded, Missing, NewEvent, Undecided, View,
    Write,
};
pub use follow::{
    Delivery, Durable, DurableError, DurableOptions, DurableStatus, Parked, ParkingError, Start, Subscription,
    SubscriptionError,
};
pub use index::{Changes, DecisionModel, Head, IndexError, IndexStorage, UsedKey};
pub use jetstream::{Difference, StreamDefinition, StreamError, StreamSettings, StreamStatus};
pub use load::{Fold, LoadError, Snapshots};
pub use operate::{
    AccountLimit, ChainFault, CopyReport, EventName, Inspector, Restoration, RestoreError, RestoreFault, Restored,
    ServerSettings, ServerStorage, ServerVersion, StreamFault, StreamReport, Verification,
};
pub use sealing::{
    KeptKey, KeyCensus, KeyError, KeyRestored, LocalMasterKey, MasterKey, MasterKeyError, MasterKeys, PersonalData,
    Rewrapped, Sealing,
};
pub use store::{ConnectError, EventStore, Options};

/// Compiles the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
