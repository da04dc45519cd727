//! JetStream without the event store, and Postgres without the read models: the yardsticks. The only place of the
//! benchmarks that speaks NATS or SQL.
//!
//! The streams have the settings of the event store's. Every event published here has the attributes of the store's events,
//! by name and by size, so that the server has the same to write: as headers where an event is a message, in the payload
//! where a message packs several.

mod connection;
mod database;
mod packed;
mod plain;
mod publisher;
mod rows;

pub(crate) use connection::server_version;
pub(crate) use database::{create_database, settle_database};
pub(crate) use packed::Packed;
pub(crate) use plain::Plain;
pub(crate) use publisher::Publisher;
pub(crate) use rows::copy_rows;
