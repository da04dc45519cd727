//! Streams as code: the settings that a stream needs to hold events safely, and how a start applies or enforces them.

mod difference;
mod ensure;
mod settings;

use crate::DecisionModel;

pub use difference::Difference;
pub use settings::StreamSettings;

pub(crate) use difference::differences;
pub(crate) use ensure::ensure;
pub(crate) use settings::config;

/// A stream of the store. An atomic decision stays within one stream.
#[derive(Debug)]
pub struct StreamDefinition {
    /// Its name, for example `ORDERS`.
    pub name: &'static str,
    /// The subject of its commits, for example `orders.log`.
    pub subject: &'static str,
    /// The decision models: what decisions need to know beyond their own aggregates.
    pub models: &'static [&'static dyn DecisionModel],
}

impl PartialEq for StreamDefinition {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for StreamDefinition {}

impl std::hash::Hash for StreamDefinition {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// The size of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamStatus {
    /// The sequence of its last commit; 0 if it has none.
    pub last_position: u64,
    /// How many commits it holds.
    pub commits: u64,
}

/// Why a stream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The server cannot be asked.
    #[error("stream {stream} cannot be read or created: {reason}")]
    Unavailable {
        /// The stream's name.
        stream: String,
        /// The error of the server or the client.
        reason: String,
    },
    /// The stream exists with settings under which events could be lost, or with settings that cannot be changed as
    /// required.
    #[error("stream {stream} exists, but is not safe for events: {differences}")]
    Unsafe {
        /// The stream's name.
        stream: String,
        /// Each differing setting, with its present and its required value.
        differences: String,
    },
}

impl StreamError {
    pub(crate) fn unavailable(stream: String, reason: &dyn std::fmt::Display) -> Self {
        Self::Unavailable {
            stream,
            reason: reason.to_string(),
        }
    }
}
