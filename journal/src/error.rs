//! Errors between the log and its callers.

use event_store::{AppendError, LoadError, Place, RecordedEvent, StreamError};
use events::DecodeError;

use crate::{Context, FollowError};

/// This code cannot read an event of the log: the event is damaged, or of a newer version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stream {context}, sequence {place}, {aggregate}: {reason}")]
pub struct EventError {
    /// The context of the stream.
    pub context: Context,
    /// The event's place in the stream.
    pub place: Place,
    /// Its aggregate, as `type/id`.
    pub aggregate: String,
    /// The reason.
    pub reason: DecodeError,
}

impl EventError {
    /// Tells where an event stands that cannot be read, and why it cannot.
    #[must_use]
    pub fn new(context: Context, recorded: &RecordedEvent, reason: DecodeError) -> Self {
        Self {
            context,
            place: recorded.place(),
            aggregate: recorded.aggregate(),
            reason,
        }
    }
}

/// An aggregate could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The log cannot be reached. The error is temporary.
    #[error("the event log is unavailable: {0}")]
    Unavailable(String),
    /// The log's data cannot be read. The error is permanent.
    #[error("the event log is damaged: {0}")]
    Damaged(String),
}

impl From<LoadError> for ReadError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Unavailable(reason) => Self::Unavailable(reason),
            error => Self::Damaged(error.to_string()),
        }
    }
}

impl From<AppendError> for ReadError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Damaged(reason) => Self::Damaged(reason),
            error => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<StreamError> for ReadError {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Unavailable { .. } => Self::Unavailable(error.to_string()),
            StreamError::Unsafe { .. } => Self::Damaged(error.to_string()),
        }
    }
}

impl From<FollowError> for ReadError {
    /// A follower waits through temporary errors, so its errors are permanent.
    fn from(error: FollowError) -> Self {
        Self::Damaged(error.to_string())
    }
}
