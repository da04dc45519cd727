//! Why a projection does not go on, and whether that passes.

use log_reader::FollowError;

/// Why a projection does not go on.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It passes: start again from the checkpoint.
    #[error("{0}")]
    Passing(String),
    /// The rows that it is to go on from cannot be built. It passes.
    #[error("{0}")]
    Unbuilt(String),
    /// Somebody has moved the checkpoint: another runner, or another version has been put in place. Start again from it.
    #[error("{0}")]
    Moved(String),
    /// The database refuses a row that was folded. It is an event's fault.
    #[error("{0}")]
    Refused(String),
    /// It does not pass.
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
            Self::Passing(format!("the database does not answer: {reason}"))
        }
    }
}

impl From<FollowError> for Fault {
    fn from(error: FollowError) -> Self {
        Self::Lasting(error.to_string())
    }
}
