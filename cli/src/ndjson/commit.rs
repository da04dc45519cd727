//! A commit as a line of a backup, with its hash and everything needed to store it again.

use anyhow::Context as _;
use bytes::Bytes;
use journal::{Commit, CommitHash, Context, Receipt};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// A line with a commit.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommitLine {
    commit: Fields,
}

/// A commit, with its personal fields sealed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    stream: String,
    position: u64,
    id: Uuid,
    previous_hash: String,
    hash: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    receipts: Vec<Receipt>,
    /// The events, byte for byte as in the log.
    events: Box<RawValue>,
}

impl CommitLine {
    /// Converts a commit from the log.
    ///
    /// # Errors
    /// Its body is not one line of JSON.
    pub(crate) fn new(commit: &Commit) -> anyhow::Result<Self> {
        let (name, position, body) = (commit.stream.name, commit.position, commit.body());
        let fault = || format!("stream {name}, sequence {position}: the body is not one line of JSON");
        let events =
            RawValue::from_string(String::from_utf8(body.to_vec()).with_context(fault)?).with_context(fault)?;
        anyhow::ensure!(
            events.get().len() == body.len() && !events.get().contains('\n'),
            fault()
        );
        Ok(Self {
            commit: Fields {
                stream: name.to_owned(),
                position,
                id: commit.id,
                previous_hash: commit.previous_hash.to_string(),
                hash: commit.hash().to_string(),
                receipts: commit.receipts.clone(),
                events,
            },
        })
    }

    /// Converts the line into a commit, and checks its hash and its event types.
    ///
    /// # Errors
    /// The reason why the line is invalid.
    pub(crate) fn into_commit(self) -> Result<Commit, String> {
        let Fields {
            stream,
            position,
            id,
            previous_hash,
            hash,
            receipts,
            events,
        } = self.commit;
        let context: Context = stream
            .parse()
            .map_err(|_| "field stream is not the name of a stream".to_owned())?;
        let previous_hash = CommitHash::from_hex(&previous_hash).ok_or("field previousHash is not a hash")?;
        let body = Bytes::from(Box::<str>::from(events).into_string());
        let commit = Commit::from_parts(context.definition(), position, id, previous_hash, receipts, body);
        let commit = commit.map_err(|error| error.reason)?;
        if CommitHash::from_hex(&hash) != Some(commit.hash()) {
            return Err("the commit was changed after the backup: it does not match its hash".to_owned());
        }
        for event in &commit.events {
            let known = events::CATALOGUE
                .iter()
                .find(|known| known.aggregate_type == event.aggregate_type);
            let known = known.ok_or_else(|| format!("event {}: unknown aggregate type", event.index))?;
            let is_at_home = Context::of_aggregate_type(known.aggregate_type) == Some(context);
            if !is_at_home || known.events.iter().all(|name| name.event_type != event.event_type) {
                return Err(format!(
                    "event {}: its type, its aggregate type and its stream do not match",
                    event.index
                ));
            }
        }
        Ok(commit)
    }
}
