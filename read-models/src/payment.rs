//! The `payment` table: payments and payment attempts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder, types::Json};
use uuid::Uuid;

use crate::{
    list::{Listed, Listing, PageRequest, SortKey},
    projected::PlainRow,
    scope::{Rows, Source},
    table,
    table::TableRow as _,
};

table! {
    name: "payment", key: [id], about: nobody, owners: [patient(account_id)];
    /// A payment or a payment attempt.
    pub struct PaymentRow {
        /// The row's key, derived from the account and the reference.
        pub id: Uuid,
        /// The account's id.
        pub account_id: Uuid,
        /// The id of the intended invoice.
        pub invoice_id: Option<Uuid>,
        /// The reference, unique among the payments of the account.
        pub reference: String => impersonal,
        /// The amount in minor units.
        pub minor: i64,
        /// The ISO 4217 currency.
        pub currency: String => impersonal,
        /// The payment method.
        pub method: String => impersonal,
        /// The status.
        pub status: String => impersonal,
        /// The refunded amount in minor units.
        pub refunded_minor: i64,
        /// The allocations.
        pub allocations: Vec<PaymentPartValue> => impersonal,
        /// The unallocated amount in minor units.
        pub unallocated_minor: i64,
        /// The time of the first event about it.
        pub attempted_at: DateTime<Utc>,
        /// The time of the last change.
        pub updated_at: DateTime<Utc>,
        /// The account's version at the last change.
        pub version: i64,
    }
}

impl PlainRow for PaymentRow {}

/// The part of a payment that is allocated to an invoice, or to a charge without an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentPartValue {
    /// The invoice's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
    /// The charge's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_id: Option<Uuid>,
    /// The amount in minor units.
    pub minor: i64,
}

/// The sort keys of payments.
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

/// Returns a page of the payments that are intended for an invoice or allocated to it.
///
/// # Errors
/// The database cannot be queried.
pub async fn of_invoice(
    rows: Rows<'_>,
    invoice_id: Uuid,
    request: &PageRequest<PaymentSort>,
) -> Result<Listed<PaymentRow>, sqlx::Error> {
    let of_invoice = |query: &mut QueryBuilder<Postgres>| {
        let part = Json([BTreeMap::from([("invoice_id", invoice_id)])]);
        query.push(" AND (invoice_id = ").push_bind(invoice_id);
        query.push(" OR allocations @> ").push_bind(part).push(")");
    };
    Listing::of(PaymentRow::TABLE).page(rows, of_invoice, request).await
}

/// Returns a page of the payments into an account.
///
/// # Errors
/// The database cannot be queried.
pub async fn of_account(
    rows: Rows<'_>,
    account_id: Uuid,
    request: &PageRequest<PaymentSort>,
) -> Result<Listed<PaymentRow>, sqlx::Error> {
    let of_account = |query: &mut QueryBuilder<Postgres>| {
        query.push(" AND account_id = ").push_bind(account_id);
    };
    Listing::of(PaymentRow::TABLE).page(rows, of_account, request).await
}

/// Returns the unallocated money of an account in minor units, by currency.
///
/// # Errors
/// The database cannot be queried.
pub async fn unallocated(rows: Rows<'_>, account_id: Uuid) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let mut query = rows.select(
        "currency, SUM(unallocated_minor)::bigint",
        &Source::of(PaymentRow::TABLE),
    );
    query.push(" AND account_id = ").push_bind(account_id);
    query.push(" AND unallocated_minor <> 0 GROUP BY currency");
    query.all().await
}

/// Returns the pending payment of an account. There is at most one.
///
/// # Errors
/// The database cannot be queried.
pub async fn pending(rows: Rows<'_>, account_id: Uuid) -> Result<Option<PaymentRow>, sqlx::Error> {
    let mut query = rows.select("*", &Source::of(PaymentRow::TABLE));
    query
        .push(" AND status = 'initiated' AND account_id = ")
        .push_bind(account_id);
    query.optional().await
}
