//! What can go wrong between the log and its callers.

use event_store::{AppendError, LoadError};

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
            LoadError::Envelope(_) | LoadError::Missing { .. } | LoadError::Body { .. } | LoadError::Sealed(_) => {
                Self::Damaged(error.to_string())
            }
        }
    }
}

/// A unit of work was not, or may not have been, stored.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The store turned it down.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// An event cannot be written as JSON.
    #[error("an event cannot be written: {0}")]
    Encode(#[from] serde_json::Error),
}
