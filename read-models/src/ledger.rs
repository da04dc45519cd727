//! The `ledger_posting` table: every entry of every account, one row a posting; and the proof that they sum to zero.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    ProjectedRow,
    list::{Listed, Listing, PageRequest, SortKey},
    table,
    table::TableRow as _,
};

/// An entry: its postings. They are written once and never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntryRow {
    /// The entry's id.
    pub id: Uuid,
    /// Its postings.
    pub postings: Vec<PostingRow>,
}

table! {
    name: "ledger_posting", key: [entry_id, line], about: patient(account_id);
    /// One line of an entry.
    pub struct PostingRow {
        /// The entry's id.
        pub entry_id: Uuid,
        /// Which it is of the entry's postings, from 0.
        pub line: i16,
        /// Whose account it was posted to.
        pub account_id: Uuid,
        /// What the entry records.
        pub kind: String => impersonal,
        /// The ledger's account.
        pub ledger_account: String => impersonal,
        /// How many minor units: a debit above zero, a credit below.
        pub minor: i64,
        /// The currency.
        pub currency: String => impersonal,
        /// The invoice that it belongs to.
        pub invoice_id: Option<Uuid>,
        /// The charge that it posts, where that stands on no invoice.
        pub charge_id: Option<Uuid>,
        /// The payment that it belongs to.
        pub reference: Option<String> => impersonal,
        /// Why it was posted.
        pub reason: Option<String> => personal(null),
        /// When it was posted.
        pub posted_at: DateTime<Utc>,
        /// The version of the account after it.
        pub version: i64,
    }
}

/// What a statement can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostingSort {
    /// By the order in which entries were posted.
    Posted,
}

impl SortKey for PostingSort {
    fn column(self) -> &'static str {
        match self {
            Self::Posted => "version",
        }
    }
}

/// A page of an account's postings.
///
/// # Errors
/// The database cannot be asked.
pub async fn statement(
    pool: &PgPool,
    account_id: Uuid,
    request: &PageRequest<PostingSort>,
) -> Result<Listed<PostingRow>, sqlx::Error> {
    let of_account = |query: &mut QueryBuilder<Postgres>| {
        query.push(" WHERE account_id = ").push_bind(account_id);
    };
    let lines = Listing {
        id: "line",
        ..Listing::of(PostingRow::TABLE)
    };
    lines.page(pool, of_account, request).await
}

/// The sums of all postings in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencySums {
    /// The currency.
    pub currency: String,
    /// The sum of all debits, in minor units.
    pub debit_minor: i64,
    /// The sum of all credits, in minor units.
    pub credit_minor: i64,
    /// How many postings there are.
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

/// Adds everything up: the sums by currency, and how many entries do not sum to zero in a currency.
///
/// # Errors
/// The database cannot be asked.
pub async fn prove(pool: &PgPool) -> Result<(Vec<CurrencySums>, i64), sqlx::Error> {
    let sums = sqlx::query_as(
        "SELECT currency, coalesce(sum(minor) FILTER (WHERE minor > 0), 0)::bigint AS debit_minor,
                coalesce(sum(minor) FILTER (WHERE minor < 0), 0)::bigint AS credit_minor, count(*) AS postings
         FROM ledger_posting GROUP BY currency ORDER BY currency",
    )
    .fetch_all(pool)
    .await?;
    let unbalanced = sqlx::query_scalar(
        "SELECT count(DISTINCT entry_id) FROM
             (SELECT entry_id FROM ledger_posting GROUP BY entry_id, currency HAVING sum(minor) <> 0) AS unbalanced",
    )
    .fetch_one(pool)
    .await?;
    Ok((sums, unbalanced))
}

impl ProjectedRow for LedgerEntryRow {
    fn id(&self) -> Uuid {
        self.id
    }

    /// An entry is made whole by the one event it records: nothing that is there is needed to make it.
    async fn load(_transaction: &mut PgConnection, _ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        Ok(Vec::new())
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        let postings: Vec<PostingRow> = rows.iter().flat_map(|entry| entry.postings.iter().cloned()).collect();
        table::write(transaction, &postings).await
    }
}
