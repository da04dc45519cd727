//! The `ledger_posting` table: every entry of every account, one row a posting; and the proof that they sum to zero.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    ProjectedRow, erased,
    list::{Listed, Listing, PageRequest, SortKey},
};

/// An entry, with its postings. It is written once and never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntryRow {
    /// The entry's id.
    pub id: Uuid,
    /// Whose account it was posted to.
    pub account_id: Uuid,
    /// What it records.
    pub kind: String,
    /// The invoice that it belongs to.
    pub invoice_id: Option<Uuid>,
    /// The payment that it belongs to.
    pub reference: Option<String>,
    /// Why it was posted.
    pub reason: Option<String>,
    /// When it was posted.
    pub posted_at: DateTime<Utc>,
    /// The version of the account after it.
    pub version: i64,
    /// Its postings.
    pub postings: Vec<PostingValue>,
}

/// One line of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingValue {
    /// The ledger's account.
    pub account: String,
    /// How many minor units: a debit above zero, a credit below.
    pub minor: i64,
    /// The currency.
    pub currency: String,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingRow {
    /// The entry's id.
    pub entry_id: Uuid,
    /// What the entry records.
    pub kind: String,
    /// What was posted.
    pub posting: PostingValue,
    /// The invoice that it belongs to.
    pub invoice_id: Option<Uuid>,
    /// The payment that it belongs to.
    pub reference: Option<String>,
    /// Why it was posted.
    pub reason: Option<String>,
    /// When it was posted.
    pub posted_at: DateTime<Utc>,
}

impl FromRow<'_, PgRow> for PostingRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            entry_id: row.try_get("entry_id")?,
            kind: row.try_get("kind")?,
            posting: PostingValue {
                account: row.try_get("ledger_account")?,
                minor: row.try_get("minor")?,
                currency: row.try_get("currency")?,
            },
            invoice_id: row.try_get("invoice_id")?,
            reference: row.try_get("reference")?,
            reason: row.try_get("reason")?,
            posted_at: row.try_get("posted_at")?,
        })
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
        ..Listing::of("ledger_posting")
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
        let people = rows.iter().map(|row| row.account_id).collect();
        let erased = erased::among(transaction, erased::Table::LedgerPosting, people).await?;
        let postings: Vec<(&Self, i16, &PostingValue)> = rows
            .iter()
            .flat_map(|row| {
                (0..)
                    .zip(&row.postings)
                    .map(move |(line, posting)| (row, line, posting))
            })
            .collect();
        let reason = |row: &Self| row.reason.clone().filter(|_| !erased.contains(&row.account_id));
        sqlx::query(
            "INSERT INTO ledger_posting (entry_id, line, account_id, kind, ledger_account, minor, currency, invoice_id,
                                     reference, reason, posted_at, version)
         SELECT * FROM UNNEST($1::uuid[], $2::smallint[], $3::uuid[], $4::text[], $5::text[], $6::bigint[],
                              $7::text[], $8::uuid[], $9::text[], $10::text[], $11::timestamptz[], $12::bigint[])
         ON CONFLICT (entry_id, line) DO UPDATE SET
             account_id = EXCLUDED.account_id, kind = EXCLUDED.kind, ledger_account = EXCLUDED.ledger_account,
             minor = EXCLUDED.minor, currency = EXCLUDED.currency, invoice_id = EXCLUDED.invoice_id,
             reference = EXCLUDED.reference, reason = EXCLUDED.reason, posted_at = EXCLUDED.posted_at,
             version = EXCLUDED.version",
        )
        .bind(postings.iter().map(|(row, ..)| row.id).collect::<Vec<_>>())
        .bind(postings.iter().map(|(_, line, _)| *line).collect::<Vec<_>>())
        .bind(postings.iter().map(|(row, ..)| row.account_id).collect::<Vec<_>>())
        .bind(postings.iter().map(|(row, ..)| row.kind.as_str()).collect::<Vec<_>>())
        .bind(
            postings
                .iter()
                .map(|(.., one)| one.account.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(postings.iter().map(|(.., one)| one.minor).collect::<Vec<_>>())
        .bind(
            postings
                .iter()
                .map(|(.., one)| one.currency.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(postings.iter().map(|(row, ..)| row.invoice_id).collect::<Vec<_>>())
        .bind(
            postings
                .iter()
                .map(|(row, ..)| row.reference.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(postings.iter().map(|(row, ..)| reason(row)).collect::<Vec<_>>())
        .bind(postings.iter().map(|(row, ..)| row.posted_at).collect::<Vec<_>>())
        .bind(postings.iter().map(|(row, ..)| row.version).collect::<Vec<_>>())
        .execute(transaction)
        .await
        .map(drop)
    }
}
