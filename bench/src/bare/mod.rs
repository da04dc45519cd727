//! The yardsticks: JetStream without the event store, and Postgres without the read models. No other module of the
//! benchmarks uses NATS or SQL.
//!
//! The streams have the settings of the event store's. Every published event has the attributes of the store's events,
//! by name and size, so that the server writes the same amount: as headers if an event is a message, in the payload if
//! a message packs several.

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
