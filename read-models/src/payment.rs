//! The `payment` table: payments, and attempts at them.

use chrono::{DateTime, Utc};
use sqlx::{PgPool, Postgres, QueryBuilder};
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
        pub invoice_id: Uuid,
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
        /// When it was first heard of.
        pub attempted_at: DateTime<Utc>,
        /// When anything about it last changed.
        pub updated_at: DateTime<Utc>,
        /// The version of the account when it last changed.
        pub version: i64,
    }
}

impl PlainRow for PaymentRow {}

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
    Listing::of(PaymentRow::TABLE).page(pool, of_invoice, request).await
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
