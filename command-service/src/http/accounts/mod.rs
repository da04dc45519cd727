//! Commands on accounts.

pub(crate) mod adjust;
pub(crate) mod charge;
pub(crate) mod close;
