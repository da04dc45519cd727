//! Communication with JetStream, and the settings of its streams.

pub(crate) mod api;
pub(crate) mod direct;
mod leader;
pub(crate) mod stream;
pub(crate) mod wire;

pub use stream::{Difference, StreamDefinition, StreamError, StreamSettings, StreamStatus};
