//! The `account` table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{projected::PlainRow, table};

table! {
    name: "account", key: [id], about: nobody;
    /// A patient's account.
    pub struct AccountRow {
        /// The account's id, which is the patient's.
        pub id: Uuid,
        /// Whether it is `open` or `closed`.
        pub status: String => impersonal,
        /// What the postings to each account of the ledger have come to.
        pub balances: Vec<BalanceValue> => impersonal,
        /// When it was opened.
        pub opened_at: DateTime<Utc>,
        /// When anything about it last changed.
        pub updated_at: DateTime<Utc>,
        /// Its version.
        pub version: i64,
    }
}

impl PlainRow for AccountRow {}

/// What the postings to one account of the ledger have come to, in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceValue {
    /// The ledger's account.
    pub account: String,
    /// The currency.
    pub currency: String,
    /// How many minor units.
    pub minor: i64,
}

/// Finds an account.
///
/// # Errors
/// The database cannot be asked.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<AccountRow>, sqlx::Error> {
    table::find(pool, id).await
}
