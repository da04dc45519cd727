//! Queries about accounts.

pub(crate) mod get;
