//! What a backup holds besides commits: a first line about itself, and the keys that personal data is sealed under, wrapped.

use journal::{Context, KeptKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The form of backups that this program writes and reads.
const FORM: u32 = 2;

/// The first line of a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupLine {
    pub(crate) backup: Backup,
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Backup {
    form: u32,
    /// Every stream.
    pub(crate) streams: Vec<BackupStream>,
}

/// What a backup holds of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BackupStream {
    /// Its name.
    pub(crate) name: String,
    /// How many commits: all of them, from sequence 1 on.
    pub(crate) commits: u64,
    /// The id of its first commit: two logs that share it are one log.
    pub(crate) first_id: Option<Uuid>,
}

/// A line that holds a key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyLine {
    pub(crate) key: KeptKey,
}

impl Backup {
    pub(crate) const fn new(streams: Vec<BackupStream>) -> Self {
        Self { form: FORM, streams }
    }

    /// Writes the first line.
    pub(crate) fn line(self) -> serde_json::Result<String> {
        serde_json::to_string(&BackupLine { backup: self })
    }

    /// What it holds of a context's stream, and of none but those that are known.
    pub(super) fn checked(self) -> Result<Self, String> {
        if self.form != FORM {
            return Err(format!(
                "backups of form {} are not known; this is another version's",
                self.form
            ));
        }
        let is_whole = Context::ALL.iter().all(|context| self.of(*context).is_some());
        if !is_whole || self.streams.len() != Context::ALL.len() {
            let names = Context::ALL.map(Context::name).join(", ");
            return Err(format!("it must name the streams {names}, once each"));
        }
        Ok(self)
    }

    /// What it holds of a context's stream.
    pub(crate) fn of(&self, context: Context) -> Option<&BackupStream> {
        self.streams.iter().find(|stream| stream.name == context.name())
    }
}
