//! The read models: one module a table, with its row, its reads and its writes. The only place with their SQL. It
//! knows no event and no HTTP.

pub mod account;
pub mod appointment;
pub mod cached_patient;
pub mod checkpoint;
mod database;
mod erased;
pub mod inspect;
pub mod invoice;
pub mod ledger;
mod list;
pub mod patient;
pub mod payment;
pub mod position;
pub mod practitioner;
pub mod prescription;
mod projected;

pub use database::{check, connect, health, is_lasting, migrate};
pub use list::{Direction, Listed, PageRequest, SortKey};
pub use projected::ProjectedRow;
pub use sqlx::{Error, PgConnection, PgPool, migrate::MigrateError};
