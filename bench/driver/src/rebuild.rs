//! A step of the rebuild benchmark that a peer runs. It is sent to the peer's process as one line of JSON, and the
//! measurement comes back as another. The events are in a file, one per line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The task of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerStep {
    /// Store the events of the file in the peer's event store. This is not measured.
    Import,
    /// Empty the tables and rebuild them from the event store.
    Rebuild,
}

/// A step of a peer's work.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerPart {
    /// The task.
    pub step: PeerStep,
    /// The database of the peer. It contains the tables to build. The URL can contain a password.
    pub url: String,
    /// The file of events: one [`EventLine`] per line, in the order to store them.
    pub events: PathBuf,
}

impl std::fmt::Debug for PeerPart {
    /// Leaves out the URL.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PeerPart")
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// The measurement of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerMeasured {
    /// The number of stored events, or of events in the event store before the rebuild.
    pub count: u64,
    /// The time from emptying the tables to applying the last event.
    pub seconds: f64,
    /// The peak memory of the peer's process.
    pub peak_memory_mb: Option<f64>,
}

/// An event for a peer, which stores it in its own format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventLine {
    /// The type of its aggregate.
    pub aggregate_type: String,
    /// The id of its aggregate.
    pub aggregate_id: String,
    /// The version of the aggregate after the event, from 1.
    pub version: u64,
    /// The published event type.
    pub event_type: String,
    /// The time it was recorded: RFC 3339.
    pub time: String,
    /// The body in the clear.
    pub data: Value,
}
