//! The NDJSON lines that `replay` writes and `import events` reads: events for programs, and the lines of a backup. Error
//! messages never repeat the content of a line.

mod backup;
mod commit;
mod event;

use journal::{Commit, KeptKey};
use platform::serde_message;
use serde::{Deserialize, de::IgnoredAny};

use self::backup::BackupLine;
pub(crate) use self::{
    backup::{Backup, BackupStream, KeyLine},
    commit::CommitLine,
    event::EventLine,
};

/// A line of a backup.
#[derive(Debug)]
pub(crate) enum Line {
    /// The header, which comes first.
    Backup(Backup),
    /// The data key of a person.
    Key(KeptKey),
    Commit(Box<Commit>),
}

/// The fields that distinguish the kinds of lines.
#[derive(Deserialize)]
struct Kind {
    backup: Option<IgnoredAny>,
    key: Option<IgnoredAny>,
    opened: Option<IgnoredAny>,
}

/// Reads a line of a backup.
///
/// # Errors
/// The reason why the line is invalid.
pub(crate) fn parse(line: &[u8]) -> Result<Line, String> {
    let kind: Kind = serde_json::from_slice(line).map_err(|error| serde_message::describe(&error))?;
    match kind {
        Kind { backup: Some(_), .. } => {
            let line: BackupLine = serde_json::from_slice(line).map_err(|error| serde_message::describe(&error))?;
            Ok(Line::Backup(line.backup.checked()?))
        }
        Kind { key: Some(_), .. } => {
            let line: KeyLine = serde_json::from_slice(line).map_err(|error| serde_message::describe(&error))?;
            Ok(Line::Key(line.key))
        }
        Kind { opened: Some(_), .. } => {
            Err("its personal fields are in the clear; only a backup made with --sealed can be imported".to_owned())
        }
        Kind { .. } => {
            let line: CommitLine = serde_json::from_slice(line).map_err(|error| serde_message::describe(&error))?;
            Ok(Line::Commit(Box::new(line.into_commit()?)))
        }
    }
}
