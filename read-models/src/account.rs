//! The `account` table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgConnection, PgPool, Row as _, postgres::PgRow, types::Json};
use uuid::Uuid;

use crate::ProjectedRow;

/// A patient's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// The account's id, which is the patient's.
    pub id: Uuid,
    /// Whether it is `open` or `closed`.
    pub status: String,
    /// What the postings to each account of the ledger have come to.
    pub balances: Vec<BalanceValue>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When anything about it last changed.
    pub updated_at: DateTime<Utc>,
    /// Its version.
    pub version: i64,
}

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

impl FromRow<'_, PgRow> for AccountRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            status: row.try_get("status")?,
            balances: row.try_get::<Json<_>, _>("balances")?.0,
            opened_at: row.try_get("opened_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// Finds an account.
///
/// # Errors
/// The database cannot be asked.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<AccountRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM account WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await
}

impl ProjectedRow for AccountRow {
    fn id(&self) -> Uuid {
        self.id
    }

    async fn load(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM account WHERE id = ANY($1)")
            .bind(ids)
            .fetch_all(transaction)
            .await
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO account (id, status, balances, opened_at, updated_at, version)
         SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::jsonb[], $4::timestamptz[], $5::timestamptz[], $6::bigint[])
         ON CONFLICT (id) DO UPDATE SET
             status = EXCLUDED.status, balances = EXCLUDED.balances, opened_at = EXCLUDED.opened_at,
             updated_at = EXCLUDED.updated_at, version = EXCLUDED.version",
        )
        .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.status.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(&row.balances)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.opened_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.updated_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
        .execute(transaction)
        .await
        .map(drop)
    }
}
