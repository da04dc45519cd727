//! The lines of a backup that are not commits: the header, and the wrapped data keys.

use journal::{Context, KeptKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The backup format that this program writes and reads.
const FORM: u32 = 2;

/// The header of a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupLine {
    pub(crate) backup: Backup,
}

/// The contents of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Backup {
    form: u32,
    /// All streams.
    pub(crate) streams: Vec<BackupStream>,
}

/// The contents of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BackupStream {
    pub(crate) name: String,
    /// The number of commits, which start at sequence 1.
    pub(crate) commits: u64,
    /// The id of the first commit. Two logs with the same one are copies of one log.
    pub(crate) first_id: Option<Uuid>,
}

/// A line with a key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyLine {
    pub(crate) key: KeptKey,
}

impl Backup {
    pub(crate) const fn new(streams: Vec<BackupStream>) -> Self {
        Self { form: FORM, streams }
    }

    /// The header as a line.
    pub(crate) fn line(self) -> serde_json::Result<String> {
        serde_json::to_string(&BackupLine { backup: self })
    }

    /// Checks the format, and that every known stream is named exactly once.
    pub(super) fn checked(self) -> Result<Self, String> {
        if self.form != FORM {
            return Err(format!(
                "unknown backup format {}; another version of this program wrote it",
                self.form
            ));
        }
        let is_whole = Context::ALL.iter().all(|context| self.of(*context).is_some());
        if !is_whole || self.streams.len() != Context::ALL.len() {
            let names = Context::ALL.map(Context::name).join(", ");
            return Err(format!("the header must name each of the streams {names} once"));
        }
        Ok(self)
    }

    /// The contents of a context's stream.
    pub(crate) fn of(&self, context: Context) -> Option<&BackupStream> {
        self.streams.iter().find(|stream| stream.name == context.name())
    }
}
