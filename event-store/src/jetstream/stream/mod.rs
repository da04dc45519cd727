//! Streams as code: what a stream must be like to hold events, and a start that brings it there or refuses it.

mod difference;
mod ensure;
mod settings;

use crate::DecisionModel;

pub use difference::Difference;
pub use settings::StreamSettings;

pub(crate) use difference::differences;
pub(crate) use ensure::ensure;
pub(crate) use settings::config;

/// A stream of the store. One stream is the reach of an atomic decision.
#[derive(Debug)]
pub struct StreamDefinition {
    /// Its name, for example `ORDERS`.
    pub name: &'static str,
    /// The subject of its commits, for example `orders.log`.
    pub subject: &'static str,
    /// What decisions in it need to know beyond the aggregates they are about.
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

/// How far a stream has grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamStatus {
    /// The sequence of its last commit; 0 when it has none.
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
        /// What the server or the client said.
        reason: String,
    },
    /// The stream exists with settings under which events could be lost, or that cannot be brought to what they must be.
    #[error("stream {stream} exists, but is not safe for events: {differences}")]
    Unsafe {
        /// The stream's name.
        stream: String,
        /// Each setting, as it is and as it must be.
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
