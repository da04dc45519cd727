//! knows no transport.

mod claims;

pub use claims::Claims;
