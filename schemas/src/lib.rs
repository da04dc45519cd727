//! The published language of Anamnesis: what events are called, in which version their bodies are written, how a body
//! is read back, and the resources that the API shows. Nothing here does I/O.

pub mod api;
mod catalogue;
mod codec;
mod json_schema;
mod personal;
pub mod publication;
mod upcasters;
mod upcasting;

pub use catalogue::{CATALOGUE, CataloguedAggregate};
pub use codec::{DecodeError, Event, EventBody, OfAggregate, decode, encode};
pub use personal::personal_fields;
