//! `DELETE /api/accounts/{id}`

use api::AccountResource;
use commands::CloseAccount;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    nouns::ACCOUNTS,
};

pub(in crate::http) fn route() -> Route {
    ACCOUNTS
        .delete("/{id}")
        .summary("Close a patient's account, for good: it takes no entries any more.")
        .description("Nothing may be owed on it, by either side, and no payment be under way. What is on it stays and can be read. Closing one that is closed changes nothing.")
        .answers::<AccountResource>("Closed, or closed before")
        .refuses(404, "The patient has no account")
        .refuses(409, "Something is owed, or a payment is under way")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(CloseAccount {
                target: request.target(),
            })
        })
}
