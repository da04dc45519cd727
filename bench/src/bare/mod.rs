//! JetStream without the event store: the yardsticks. The only place of the benchmarks that speaks NATS.
//!
//! The streams are made by the event store, so that they have its settings. Everything published here carries headers of
//! the same names and sizes as an event of the store, so that the server has the same to write.

mod connection;
mod plain;
mod publisher;

pub(crate) use connection::server_version;
pub(crate) use plain::Plain;
pub(crate) use publisher::{Publisher, fill};
