//! The outcome for one resource.

use super::fhir::NotImported;

/// The outcome for one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was added to the log.
    Imported,
    /// The log already had it.
    AlreadyThere,
    /// The log already had it, with other values of these elements.
    Differs(Vec<&'static str>),
    /// The log already had it, and these elements were changed.
    Updated(Vec<&'static str>),
    /// It is not a kind that is imported, for this reason.
    Skipped(String),
    /// It cannot be imported, for this reason.
    Refused(String),
}

impl From<NotImported> for Fate {
    fn from(not_imported: NotImported) -> Self {
        match not_imported {
            NotImported::Skipped(reason) => Self::Skipped(reason),
            NotImported::Refused(reason) => Self::Refused(reason),
        }
    }
}
