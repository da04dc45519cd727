//! The clinic's log: the streams of Anamnesis on the generic event store, with typed aggregates and typed events. It
//! takes no decisions of its own and projects nothing.

mod backup;
mod context;
mod deciding;
mod ended_sessions;
mod error;
mod folding;
mod follow;
pub mod inspect;
mod journal;
mod keys;
mod models;
mod react;

pub use context::{Context, EventOf, Journaled};
pub use deciding::{CommandContext, Decision};
pub use ended_sessions::{EndedSession, EndedSessions};
pub use error::{EventError, ReadError};
pub use event_store::{
    AppendError, Commit, CommitHash, Decided, DurableError, KeptKey, KeyCensus, KeyError, KeyRestored, Loaded,
    MasterKeys, Metadata, NoticeError, Parked, ParkingError, Place, Receipt, RecordedEvent, Restoration, RestoreError,
    Restored, Rewrapped, Sealed, StreamError, StreamFault, StreamStatus, Undecided, UsedKey, Verification, WrappedKey,
};
pub use follow::{FollowError, FollowedEvent, Follower, JournalEvent, OpenedEvent, UnreadableEvent};
pub use journal::{Journal, OpenError};
pub use keys::{KeySettingsError, generate_key, master_keys};
pub use react::{Reaction, Reactions, ReactorStatus};
