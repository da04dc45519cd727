//! A part of the rebuild benchmark that a peer runs. It travels to the peer's process as one line of JSON, and what was
//! measured travels back as another. The events travel in a file, one on a line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a peer is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerStep {
    /// Store the events of the file in an event store of its own. Nothing is measured.
    Import,
    /// Empty the tables and build them anew from the event store.
    Rebuild,
}

/// A step of a peer's work.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerPart {
    /// What is to be done.
    pub step: PeerStep,
    /// The database that is the peer's own. It holds the tables that are to be built. The URL can hold a password.
    pub url: String,
    /// The file of events: an [`EventLine`] on each line, in the order in which they are to be stored.
    pub events: PathBuf,
}

impl std::fmt::Debug for PeerPart {
    /// Without the URL.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PeerPart")
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// What was measured of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerMeasured {
    /// How many events were stored, or how many the event store held when it was rebuilt from.
    pub count: u64,
    /// From before the tables were emptied until the last event was applied.
    pub seconds: f64,
    /// The most memory that the peer's process has held.
    pub peak_memory_mb: Option<f64>,
}

/// An event as a system is given it that is to store it in its own way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLine {
    /// The type of its aggregate.
    pub aggregate_type: String,
    /// The id of its aggregate.
    pub aggregate_id: String,
    /// The version of its aggregate after it, from 1.
    pub version: u64,
    /// Its published name.
    pub event_type: String,
    /// When it was recorded: RFC 3339.
    pub time: String,
    /// Its body, in the clear.
    pub data: Value,
}
