//! Commands on patients.

pub(crate) mod change;
pub(crate) mod deactivate;
pub(crate) mod erase;
mod identifiers;
pub(crate) mod reactivate;
pub(crate) mod register;
