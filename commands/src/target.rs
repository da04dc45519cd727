//! What a change is made to, and at which version.

use journal::Loaded;
use uuid::Uuid;

use super::CommandError;

/// What a change is made to, and at which version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its id.
    pub id: Uuid,
    /// The version that the change was made for, if the caller insists on one.
    pub expected_version: Option<u64>,
}

impl Target {
    /// Checks that what was loaded stood at the version that the caller insists on, whatever has been decided since.
    pub(crate) fn check_version<A>(self, loaded: &Loaded<A>) -> Result<(), CommandError> {
        let actual = loaded.head().version;
        match self.expected_version.filter(|expected| *expected != actual) {
            Some(expected) => Err(CommandError::VersionMismatch { expected, actual }),
            None => Ok(()),
        }
    }
}
