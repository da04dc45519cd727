//! Commands on practitioners.

pub(crate) mod register;
