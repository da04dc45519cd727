//! The `ledger_posting` table: one row per posting of every entry of every account, and the proof that they sum to
//! zero.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    ProjectedRow,
    list::{Listed, Listing, PageRequest, SortKey},
    scope::{Rows, Source},
    table,
    table::TableRow as _,
};

/// A ledger entry with its postings, which are immutable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntryRow {
    /// The entry's id.
    pub id: Uuid,
    /// The entry's postings.
    pub postings: Vec<PostingRow>,
}

table! {
    name: "ledger_posting", key: [entry_id, line], about: patient(account_id), owners: [patient(account_id)];
    /// One posting of an entry.
    pub struct PostingRow {
        /// The entry's id.
        pub entry_id: Uuid,
        /// The index of the posting in the entry, from 0.
        pub line: i16,
        /// The patient account's id.
        pub account_id: Uuid,
        /// The kind of the entry.
        pub kind: String => impersonal,
        /// The ledger account.
        pub ledger_account: String => impersonal,
        /// The amount in minor units: positive for a debit, negative for a credit.
        pub minor: i64,
        /// The ISO 4217 currency.
        pub currency: String => impersonal,
        /// The invoice's id, if the entry belongs to one.
        pub invoice_id: Option<Uuid>,
        /// The charge's id, if the entry posts a charge without an invoice.
        pub charge_id: Option<Uuid>,
        /// The payment's reference, if the entry belongs to one.
        pub reference: Option<String> => impersonal,
        /// The reason for the entry.
        pub reason: Option<String> => personal(null),
        /// The time of the posting.
        pub posted_at: DateTime<Utc>,
        /// The account's version after the entry.
        pub version: i64,
    }
}

/// The sort keys of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostingSort {
    /// By posting order.
    Posted,
}

impl SortKey for PostingSort {
    fn column(self) -> &'static str {
        match self {
            Self::Posted => "version",
        }
    }
}

/// Returns a page of an account's postings.
///
/// # Errors
/// The database cannot be queried.
pub async fn statement(
    rows: Rows<'_>,
    account_id: Uuid,
    request: &PageRequest<PostingSort>,
) -> Result<Listed<PostingRow>, sqlx::Error> {
    let of_account = |query: &mut QueryBuilder<Postgres>| {
        query.push(" AND account_id = ").push_bind(account_id);
    };
    let lines = Listing {
        id: "line",
        ..Listing::of(PostingRow::TABLE)
    };
    lines.page(rows, of_account, request).await
}

/// The sums of all postings in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencySums {
    /// The ISO 4217 currency.
    pub currency: String,
    /// The sum of all debits, in minor units.
    pub debit_minor: i64,
    /// The sum of all credits, in minor units.
    pub credit_minor: i64,
    /// The number of postings.
    pub postings: i64,
}

impl FromRow<'_, PgRow> for CurrencySums {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            currency: row.try_get("currency")?,
            debit_minor: row.try_get("debit_minor")?,
            credit_minor: row.try_get("credit_minor")?,
            postings: row.try_get("postings")?,
        })
    }
}

/// Returns the sums by currency, and the number of entries that do not sum to zero in every currency.
///
/// # Errors
/// The database cannot be queried.
pub async fn prove(rows: Rows<'_>) -> Result<(Vec<CurrencySums>, i64), sqlx::Error> {
    let postings = Source::of(PostingRow::TABLE);
    let mut sums = rows.select(
        "currency, coalesce(sum(minor) FILTER (WHERE minor > 0), 0)::bigint AS debit_minor,
         coalesce(sum(minor) FILTER (WHERE minor < 0), 0)::bigint AS credit_minor, count(*) AS postings",
        &postings,
    );
    sums.push(" GROUP BY currency ORDER BY currency");
    let sums = sums.all().await?;
    let mut unbalanced = rows.begin("SELECT count(DISTINCT entry_id) FROM (SELECT entry_id");
    unbalanced.push_from(&postings);
    unbalanced.push(" GROUP BY entry_id, currency HAVING sum(minor) <> 0) AS unbalanced");
    Ok((sums, unbalanced.scalar().await?))
}

impl ProjectedRow for LedgerEntryRow {
    fn id(&self) -> Uuid {
        self.id
    }

    /// An entry depends only on its own event, so no stored rows are needed.
    async fn load(_transaction: &mut PgConnection, _ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        Ok(Vec::new())
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        let postings: Vec<PostingRow> = rows.iter().flat_map(|entry| entry.postings.iter().cloned()).collect();
        table::write(transaction, &postings).await
    }
}
