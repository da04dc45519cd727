//! The clock and the source of ids. Nothing else of the service asks for either.

use chrono::{DateTime, SubsecRound as _, Utc};
use uuid::Uuid;

/// The present instant, as exact as Postgres keeps one.
#[allow(
    clippy::disallowed_methods,
    reason = "the product's own clock is not to be built for a peer"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// A new id. Ids that are made later are larger, which keeps the indexes small.
#[allow(
    clippy::disallowed_methods,
    reason = "the product's own source of ids is not to be built for a peer"
)]
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}
