//! The query side: answers from the Postgres read models. It never appends, and it calls no other service.

pub mod http;
mod queries;

pub use queries::Queries;
