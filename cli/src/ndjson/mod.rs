//! The lines of NDJSON that `replay` writes and `import events` reads: events for programs, and what a backup
//! holds: commits, and what belongs to them. An error
//! says what is wrong with a line, and repeats nothing of it.

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
    /// What the backup holds. It comes first.
    Backup(Backup),
    /// A person's key.
    Key(KeptKey),
    /// A commit.
    Commit(Box<Commit>),
}

/// What tells the lines apart.
#[derive(Deserialize)]
struct Kind {
    backup: Option<IgnoredAny>,
    key: Option<IgnoredAny>,
    opened: Option<IgnoredAny>,
}

/// Reads a line of a backup.
///
/// # Errors
/// What is wrong with it.
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
