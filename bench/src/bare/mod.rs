//! JetStream without the event store, and Postgres without the read models: the yardsticks. The only place of the
//! benchmarks that speaks NATS or SQL.
//!
//! The streams have the settings of the event store's. Everything published here carries headers of the names and sizes
//! that an event's attributes have, so that the server has the same to write.

mod connection;
mod database;
mod plain;
mod publisher;
mod rows;

pub(crate) use connection::server_version;
pub(crate) use database::{create_database, settle_database};
pub(crate) use plain::Plain;
pub(crate) use publisher::Publisher;
pub(crate) use rows::copy_rows;
