//! The published language of events: names, schema versions, bodies, upcasters, samples and JSON Schemas. Nothing here
//! does I/O.

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
