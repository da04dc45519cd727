//! Queries about the ledger as a whole.

pub(crate) mod prove;
