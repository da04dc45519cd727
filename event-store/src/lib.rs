//! An event store on NATS JetStream. It is generic: it knows aggregates, versions and events, but not what they mean.
//!
//! - **A commit is one message**: the events of one or more commands, as a batch of CloudEvents. It is stored
//!   atomically, and is durable before any caller is answered.
//! - **One append condition per stream**: a commit is stored only if the stream still ends where its decisions were
//!   taken. So a rule may span any number of aggregates, and any number of processes may decide
//!   ([`EventStore::decide`]).
//! - **Decisions use a local index**: the places of each aggregate's events, decision models ([`DecisionModel`]), and
//!   used idempotency keys. It is folded from the log and can be lost at any time.
//! - **Streams are code**: the store creates them, checks them and, where that is safe, changes them when it opens
//!   ([`EventStore::connect`], [`StreamSettings`]). It refuses a stream in which events could be lost.
//! - **A backup restores the same stream** ([`EventStore::restore`]): the same commits at the same positions.
//! - **Damage is detected**: each commit carries the hash of the previous commit ([`EventStore::verify`]).
//!
//! Keep streams on servers that run with `sync_interval: always`. Otherwise an acknowledged commit can be lost in a
//! power failure. [`Inspector`] checks this setting.
//!
//! # Ordered or durable
//!
//! There are two ways to follow a stream. They differ in who remembers the position.
//!
//! | | [`subscribe`](EventStore::subscribe): ordered | [`durable`](EventStore::durable): durable |
//! |---|---|---|
//! | for | projections: state that is folded from events and can be rebuilt | reactors: side effects, which must not be repeated at will |
//! | the position is kept by | the caller, best in the transaction that stores its state | the server, under a name |
//! | an event comes | exactly once from a position on, in stream order | at least once, until it is acknowledged |
//! | several processes | each read everything | share the commits; one holds each at a time |
//! | a fault | ends it: a gap or a broken chain is an error | is for the caller to decide: retry or skip |
//! | lost events | are detected | are not detected: the server leaves them out silently |
//! | speed | thousands of events per batch | one round trip per commit |
//!
//! A durable subscription keeps stream order only if one commit may be held at a time
//! ([`DurableOptions::max_ack_pending`]).
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
//! `examples/orders.rs` continues from here: it appends, meets a conflict, decides on a rule, follows the stream and
//! reacts to it.

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
    Delivery, Durable, DurableError, DurableOptions, DurableStatus, NOTICE_LIFETIME, NoticeError, Notices, Parked,
    ParkingError, Start, Subscription, SubscriptionError,
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
    Rewrapped, Sealing, WrappedKey,
};
pub use store::{ConnectError, EventStore, Options};

/// Compiles the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
