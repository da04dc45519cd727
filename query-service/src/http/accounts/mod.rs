//! Queries on accounts.

mod get;
mod payments;

use api::{ACCOUNTS, AccountResource};

use super::endpoint::{Endpoint, Route};

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get::route(),
        Endpoint::history(&ACCOUNTS)
            .named_by(get::ID)
            .tells(|id, version, state| Some(AccountResource::new(id, version, state))),
        payments::route(),
    ]
}
