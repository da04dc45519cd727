//! The clinic's log: the streams of Anamnesis on the generic event store. Typed aggregates go in, typed events come
//! out. It decides nothing and projects nothing.

mod context;
mod error;
mod follow;
pub mod inspect;
mod journal;
mod unit_of_work;

pub use context::{Context, Journaled};
pub use error::{CommitError, ReadError};
pub use event_store::{AppendError, Consistency, RecordedEvent, StreamError, StreamFault, StreamStatus, Verification};
pub use follow::{FollowError, Follower, JournalEvent};
pub use journal::{Journal, OpenError};
pub use unit_of_work::{CommandContext, Loaded, UnitOfWork};
