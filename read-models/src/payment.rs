//! The `payment` table: payments, and attempts at them.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    ProjectedRow,
    list::{Listed, Listing, PageRequest, SortKey},
};

/// A payment, or an attempt at one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRow {
    /// The row's key: it follows from the account and the reference.
    pub id: Uuid,
    /// The account that it was paid to.
    pub account_id: Uuid,
    /// The invoice that it is meant for.
    pub invoice_id: Uuid,
    /// What tells it from every other payment of the account.
    pub reference: String,
    /// How much, in minor units.
    pub minor: i64,
    /// The currency.
    pub currency: String,
    /// How it was paid.
    pub method: String,
    /// What is known of its outcome.
    pub status: String,
    /// How much of it has been given back, in minor units.
    pub refunded_minor: i64,
    /// When it was first heard of.
    pub attempted_at: DateTime<Utc>,
    /// When anything about it last changed.
    pub updated_at: DateTime<Utc>,
    /// The version of the account when it last changed.
    pub version: i64,
}

impl FromRow<'_, PgRow> for PaymentRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            account_id: row.try_get("account_id")?,
            invoice_id: row.try_get("invoice_id")?,
            reference: row.try_get("reference")?,
            minor: row.try_get("minor")?,
            currency: row.try_get("currency")?,
            method: row.try_get("method")?,
            status: row.try_get("status")?,
            refunded_minor: row.try_get("refunded_minor")?,
            attempted_at: row.try_get("attempted_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// What payments can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentSort {
    /// By the time of the first attempt.
    AttemptedAt,
}

impl SortKey for PaymentSort {
    fn column(self) -> &'static str {
        match self {
            Self::AttemptedAt => "attempted_at",
        }
    }
}

/// A page of the payments towards an invoice.
///
/// # Errors
/// The database cannot be asked.
pub async fn of_invoice(
    pool: &PgPool,
    invoice_id: Uuid,
    request: &PageRequest<PaymentSort>,
) -> Result<Listed<PaymentRow>, sqlx::Error> {
    let of_invoice = |query: &mut QueryBuilder<Postgres>| {
        query.push(" WHERE invoice_id = ").push_bind(invoice_id);
    };
    Listing::of("payment").page(pool, of_invoice, request).await
}

/// The payment to an account whose outcome is not known. There is at most one.
///
/// # Errors
/// The database cannot be asked.
pub async fn pending(pool: &PgPool, account_id: Uuid) -> Result<Option<PaymentRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM payment WHERE account_id = $1 AND status = 'initiated'")
        .bind(account_id)
        .fetch_optional(pool)
        .await
}

impl ProjectedRow for PaymentRow {
    fn id(&self) -> Uuid {
        self.id
    }

    async fn load(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM payment WHERE id = ANY($1)")
            .bind(ids)
            .fetch_all(transaction)
            .await
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO payment (id, account_id, invoice_id, reference, minor, currency, method, status,
                              refunded_minor, attempted_at, updated_at, version)
         SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[],
                              $8::text[], $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::bigint[])
         ON CONFLICT (id) DO UPDATE SET
             account_id = EXCLUDED.account_id, invoice_id = EXCLUDED.invoice_id, reference = EXCLUDED.reference,
             minor = EXCLUDED.minor, currency = EXCLUDED.currency, method = EXCLUDED.method,
             status = EXCLUDED.status, refunded_minor = EXCLUDED.refunded_minor,
             attempted_at = EXCLUDED.attempted_at, updated_at = EXCLUDED.updated_at, version = EXCLUDED.version",
        )
        .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.account_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.invoice_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.reference.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.minor).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.currency.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.method.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.status.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.refunded_minor).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.attempted_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.updated_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
        .execute(transaction)
        .await
        .map(drop)
    }
}
