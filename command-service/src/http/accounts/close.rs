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
        .summary("Close a patient's account permanently.")
        .description("The balance must be zero and no payment may be pending. A closed account accepts no further entries; its history stays readable. Closing a closed account changes nothing.")
        .answers::<AccountResource>("Closed, or already closed")
        .refuses(404, "The patient has no account")
        .refuses(409, "The balance is not zero, or a payment is pending")
        .no_body(|_, request: &Given<'_, Uuid>| {
            Ok(CloseAccount {
                target: request.target(),
            })
        })
}
