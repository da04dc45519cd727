//! The lines of NDJSON that `replay` writes and `import events` reads: events, and what a backup holds besides. An error
//! says what is wrong with a line, and repeats nothing of it.

mod backup;
mod event;

use journal::{KeptKey, RecordedEvent};
use platform::describe_json_fault;
use serde::{Deserialize, de::IgnoredAny};

use self::backup::BackupLine;
pub(crate) use self::{
    backup::{Backup, BackupStream, KeyLine},
    event::EventLine,
};

/// A line of a backup.
#[derive(Debug)]
pub(crate) enum Line {
    /// What the backup holds. It comes first.
    Backup(Backup),
    /// The key of somebody whose data is sealed.
    Key(KeptKey),
    /// An event.
    Event(Box<RecordedEvent>),
}

/// What tells the lines apart.
#[derive(Deserialize)]
struct Kind {
    backup: Option<IgnoredAny>,
    key: Option<IgnoredAny>,
}

/// Reads a line of a backup.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(line: &[u8]) -> Result<Line, String> {
    let kind: Kind = serde_json::from_slice(line).map_err(|error| describe_json_fault(&error))?;
    match kind {
        Kind { backup: Some(_), .. } => {
            let line: BackupLine = serde_json::from_slice(line).map_err(|error| describe_json_fault(&error))?;
            Ok(Line::Backup(line.backup.checked()?))
        }
        Kind { key: Some(_), .. } => {
            let line: KeyLine = serde_json::from_slice(line).map_err(|error| describe_json_fault(&error))?;
            Ok(Line::Key(line.key))
        }
        Kind { .. } => {
            let line: EventLine = serde_json::from_slice(line).map_err(|error| describe_json_fault(&error))?;
            Ok(Line::Event(Box::new(line.into_recorded()?)))
        }
    }
}
