//! The query side: serves the present from the Postgres read models and the past from the log. It never appends, and it
//! calls no other service.

pub mod http;
pub mod past;
mod queries;

pub use queries::Queries;
