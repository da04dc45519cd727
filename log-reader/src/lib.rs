//! Read-only access to the clinic's log. A crate that depends on this one and not on the journal cannot append: nothing
//! here exposes a [`journal::Journal`].

mod history;
mod reader;

pub use history::{History, Moment, Past};
pub use journal::{
    CommitHash, Context, EndedSession, EndedSessions, EventOf, FollowError, FollowedEvent, Follower, JournalEvent,
    Journaled, OpenError, OpenedEvent, Place, ReadError, RecordedEvent, StreamError, StreamFault, StreamStatus,
    UnreadableEvent, Verification,
};
pub use reader::{Reader, data_subjects};
