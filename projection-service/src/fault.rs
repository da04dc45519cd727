//! The faults of a projection, and whether they are temporary.

use log_reader::FollowError;

/// A fault that stops a projection.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// A temporary fault: restart from the checkpoint.
    #[error("{0}")]
    Passing(String),
    /// The rows of this version cannot be built. The fault is temporary.
    #[error("{0}")]
    Unbuilt(String),
    /// Another runner or a replacement has moved the checkpoint. Restart from it.
    #[error("{0}")]
    Moved(String),
    /// The database rejected a folded row, because of one of the events.
    #[error("{0}")]
    Refused(String),
    /// A permanent fault.
    #[error("{0}")]
    Lasting(String),
}

impl From<read_models::Error> for Fault {
    fn from(error: read_models::Error) -> Self {
        let reason = read_models::describe(&error);
        if read_models::is_refused_row(&error) {
            Self::Refused(reason)
        } else if read_models::is_lasting(&error) {
            Self::Lasting(reason)
        } else {
            Self::Passing(format!("the database is unavailable: {reason}"))
        }
    }
}

impl From<FollowError> for Fault {
    fn from(error: FollowError) -> Self {
        Self::Lasting(error.to_string())
    }
}
