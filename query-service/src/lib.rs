//! The query side: answers from the Postgres read models and, about the past, from the log. It never appends, and it calls
//! no other service.

pub mod http;
pub mod past;
mod queries;

pub use queries::Queries;
