//! What is spoken with JetStream, and how its streams are set up.

pub(crate) mod api;
pub(crate) mod direct;
pub(crate) mod stream;
pub(crate) mod wire;

pub use stream::{Difference, StreamDefinition, StreamError, StreamSettings, StreamStatus};
