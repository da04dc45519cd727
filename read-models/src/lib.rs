//! The read models: one module per table, with its row, reads and writes. All SQL on them is here. The crate knows
//! neither events nor HTTP.

pub mod account;
pub mod appointment;
pub mod building;
pub mod cached_patient;
pub mod care_relation;
pub mod checkpoint;
pub mod compare;
mod database;
mod dates;
pub mod demand;
mod erased;
pub mod event_index;
pub mod inspect;
pub mod invoice;
pub mod lease;
pub mod ledger;
mod list;
mod list_order;
pub mod parked;
pub mod patient;
pub mod payment;
pub mod position;
pub mod practitioner;
pub mod prescription;
mod projected;
mod scope;
pub mod scratch;
pub mod table;
pub mod tables;

pub use database::{check, connect, describe, health, is_lasting, is_refused_row, migrate, savepoint};
pub use dates::{Comparison, DateCondition};
pub use list::{Direction, Listed, PageRequest, SortKey};
pub use projected::ProjectedRow;
pub use scope::{Rows, Scope};
pub use sqlx::{Error, PgConnection, PgPool, migrate::MigrateError};

/// A connection that returns to its pool on drop.
pub type PooledConnection = sqlx::pool::PoolConnection<sqlx::Postgres>;
