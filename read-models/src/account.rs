//! The `account` table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Rows, projected::PlainRow, table};

table! {
    name: "account", key: [id], about: nobody, owners: [patient(id)];
    /// A patient's account.
    pub struct AccountRow {
        /// The account's id, equal to the patient's id.
        pub id: Uuid,
        /// `open` or `closed`.
        pub status: String => impersonal,
        /// The balance of each ledger account.
        pub balances: Vec<BalanceValue> => impersonal,
        /// The time of the opening.
        pub opened_at: DateTime<Utc>,
        /// The time of the last change.
        pub updated_at: DateTime<Utc>,
        /// The version.
        pub version: i64,
    }
}

impl PlainRow for AccountRow {}

/// The balance of one ledger account in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceValue {
    /// The ledger account.
    pub account: String,
    /// The ISO 4217 currency.
    pub currency: String,
    /// The balance in minor units.
    pub minor: i64,
}

/// Finds an account.
///
/// # Errors
/// The database cannot be queried.
pub async fn find(rows: Rows<'_>, id: Uuid) -> Result<Option<AccountRow>, sqlx::Error> {
    rows.find(id).await
}
