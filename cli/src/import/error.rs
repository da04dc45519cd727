//! The reason why an import stopped early.

use std::{io, path::PathBuf};

use super::fhir::RESOURCE_TYPES;

/// The reason why an import stopped early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// The folder cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    /// The folder contains nothing to import.
    #[error("{} contains none of {}, and no Bundle", path.display(), RESOURCE_TYPES.map(|kind| format!("{kind}.ndjson")).join(", "))]
    Empty { path: PathBuf },
    /// The report cannot be written.
    #[error("cannot write the report: {0}")]
    Report(#[from] io::Error),
    /// A command failed for a reason that affects all commands.
    #[error("the import stopped: {0}; run it again to continue")]
    Command(String),
}
