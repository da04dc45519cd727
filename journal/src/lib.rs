//! The clinic's log: the streams of Anamnesis on the generic event store. Typed aggregates go in, typed events come
//! out. It decides nothing and projects nothing.

mod backup;
mod context;
mod error;
mod folding;
mod follow;
mod history;
pub mod inspect;
mod journal;
mod keys;
mod react;
mod unit_of_work;

pub use context::{Context, Journaled};
pub use error::{CommitError, EventError, ReadError};
pub use event_store::{
    AppendError, Consistency, DurableError, EventHash, Freshness, KeptKey, KeyCensus, KeyError, KeyRestored, Loaded,
    Metadata, Parked, ParkingError, RecordedEvent, Restoration, RestoreError, Restored, Rewrapped, Sealed, StreamError,
    StreamFault, StreamStatus, Verification,
};
pub use follow::{FollowError, FollowedEvent, Follower, JournalEvent, OpenedEvent, UnreadableEvent};
pub use history::{History, Moment, Past, Place, Reader, data_subjects, index_in_commit};
pub use journal::{Journal, OpenError};
pub use keys::{KeySettingsError, generate_key};
pub use react::{Reaction, Reactions, ReactorStatus};
pub use unit_of_work::{CommandContext, UnitOfWork};
