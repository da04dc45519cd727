//! Commands on patients.

pub(crate) mod change;
mod identifiers;
pub(crate) mod register;
