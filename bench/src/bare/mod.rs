//! JetStream without the event store, and Postgres without the read models: the yardsticks. The only place of the
//! benchmarks that speaks NATS or SQL.
//!
//! The streams are made by the event store, so that they have its settings. Everything published here carries headers of
//! the same names and sizes as an event of the store, so that the server has the same to write.

mod connection;
mod database;
mod plain;
mod publisher;
mod rows;

pub(crate) use connection::server_version;
pub(crate) use database::{create_database, settle_database};
pub(crate) use plain::Plain;
pub(crate) use publisher::{Publisher, fill};
pub(crate) use rows::copy_rows;
