//! Why a key is unavailable.

use super::MasterKeyError;
use crate::AppendError;

/// Why a key is unavailable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The keys cannot be reached. The error is temporary.
    #[error("the keys are unavailable: {0}")]
    Unavailable(String),
    /// A key is damaged.
    #[error("{0}")]
    Damaged(String),
    /// There is no key and no trace of its destruction: the keys do not belong to the log.
    #[error("the key of data subject {0} is missing, and has not been destroyed")]
    Missing(String),
    /// The person already has a different key than the one to restore.
    #[error("data subject {0} has another key already: the keys are not those that were backed up")]
    Another(String),
    /// This process does not have the master key that wrapped the key.
    #[error("master key {0} is needed, but was not given")]
    UnknownMasterKey(String),
    /// The store has no master key.
    #[error("no master key is configured, and there is personal data to seal or to open")]
    NotConfigured,
    /// The master key cannot wrap or unwrap.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
}

impl KeyError {
    /// Whether the error is temporary.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_) | Self::MasterKey(MasterKeyError::Unavailable(_))
        )
    }
}

impl From<KeyError> for AppendError {
    fn from(error: KeyError) -> Self {
        match error.passes() {
            true => Self::Unavailable(error.to_string()),
            false => Self::Refused(error.to_string()),
        }
    }
}
