//! What can go wrong between the log and its callers.

use event_store::{AppendError, LoadError, Place, RecordedEvent, StreamError};
use events::DecodeError;

use crate::{Context, FollowError};

/// An event of the log cannot be read by this code: it is damaged, or newer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stream {context}, sequence {place}, {aggregate}: {reason}")]
pub struct EventError {
    /// The context in whose stream it is.
    pub context: Context,
    /// Where it stands there.
    pub place: Place,
    /// Its aggregate, as `type/id`.
    pub aggregate: String,
    /// What is wrong with it.
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
    /// The log cannot be reached. It passes.
    #[error("the event log is unavailable: {0}")]
    Unavailable(String),
    /// What the log holds cannot be read. It does not pass.
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
    /// A follower waits for what passes.
    fn from(error: FollowError) -> Self {
        Self::Damaged(error.to_string())
    }
}
