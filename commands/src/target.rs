//! The target of a change: an aggregate and its expected version.

use journal::Loaded;
use uuid::Uuid;

use super::CommandError;

/// The target of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The aggregate's id.
    pub id: Uuid,
    /// The version that the caller expects, if any.
    pub expected_version: Option<u64>,
}

impl Target {
    /// Checks the version that was loaded, before any staged events, against the expected one.
    pub(crate) fn check_version<A>(self, loaded: &Loaded<A>) -> Result<(), CommandError> {
        let actual = loaded.head().version;
        match self.expected_version.filter(|expected| *expected != actual) {
            Some(expected) => Err(CommandError::VersionMismatch { expected, actual }),
            None => Ok(()),
        }
    }
}
