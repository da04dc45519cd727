//! Commands on accounts.

pub(crate) mod charge;
