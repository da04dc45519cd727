//! Commands on appointments.

pub(crate) mod book;
