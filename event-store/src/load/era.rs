//! The eras of the cache of states.

/// A period between two clearings of the cache. A state that was opened in an earlier era is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Era(pub(super) u64);
