//! The `payment` table: payments, and attempts at them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, Postgres, QueryBuilder, types::Json};
use uuid::Uuid;

use crate::{
    list::{Listed, Listing, PageRequest, SortKey},
    projected::PlainRow,
    table,
    table::TableRow as _,
};

table! {
    name: "payment", key: [id], about: nobody;
    /// A payment, or an attempt at one.
    pub struct PaymentRow {
        /// The row's key: it follows from the account and the reference.
        pub id: Uuid,
        /// The account that it was paid to.
        pub account_id: Uuid,
        /// The invoice that it is meant for.
        pub invoice_id: Option<Uuid>,
        /// What tells it from every other payment of the account.
        pub reference: String => impersonal,
        /// How much, in minor units.
        pub minor: i64,
        /// The currency.
        pub currency: String => impersonal,
        /// How it was paid.
        pub method: String => impersonal,
        /// What is known of its outcome.
        pub status: String => impersonal,
        /// How much of it has been given back, in minor units.
        pub refunded_minor: i64,
        /// What it counts towards.
        pub allocations: Vec<PaymentPartValue> => impersonal,
        /// How much of it counts towards nothing.
        pub unallocated_minor: i64,
        /// When it was first heard of.
        pub attempted_at: DateTime<Utc>,
        /// When anything about it last changed.
        pub updated_at: DateTime<Utc>,
        /// The version of the account when it last changed.
        pub version: i64,
    }
}

impl PlainRow for PaymentRow {}

/// How much of a payment counts towards an invoice, or towards a charge that stands on none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentPartValue {
    /// The invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
    /// The charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<Uuid>,
    /// How much, in minor units.
    pub minor: i64,
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

/// A page of the payments that are meant for an invoice, or count towards it.
///
/// # Errors
/// The database cannot be asked.
pub async fn of_invoice(
    pool: &PgPool,
    invoice_id: Uuid,
    request: &PageRequest<PaymentSort>,
) -> Result<Listed<PaymentRow>, sqlx::Error> {
    let of_invoice = |query: &mut QueryBuilder<Postgres>| {
        let part = Json([BTreeMap::from([("invoice_id", invoice_id)])]);
        query.push(" WHERE (invoice_id = ").push_bind(invoice_id);
        query.push(" OR allocations @> ").push_bind(part).push(")");
    };
    Listing::of(PaymentRow::TABLE).page(pool, of_invoice, request).await
}

/// A page of the payments to an account.
///
/// # Errors
/// The database cannot be asked.
pub async fn of_account(
    pool: &PgPool,
    account_id: Uuid,
    request: &PageRequest<PaymentSort>,
) -> Result<Listed<PaymentRow>, sqlx::Error> {
    let of_account = |query: &mut QueryBuilder<Postgres>| {
        query.push(" WHERE account_id = ").push_bind(account_id);
    };
    Listing::of(PaymentRow::TABLE).page(pool, of_account, request).await
}

/// What has been paid to an account and counts towards nothing, in minor units, by currency.
///
/// # Errors
/// The database cannot be asked.
pub async fn unallocated(pool: &PgPool, account_id: Uuid) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT currency, SUM(unallocated_minor)::bigint FROM payment
         WHERE account_id = $1 AND unallocated_minor <> 0 GROUP BY currency",
    )
    .bind(account_id)
    .fetch_all(pool)
    .await
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
