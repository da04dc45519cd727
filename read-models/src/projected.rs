//! The table interface of projectors: load the rows that a batch touches and write them back, each in one statement.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::table::{self, TableRow};

/// A row that a projector folds events into.
pub trait ProjectedRow: Clone + Send + Sync + Sized + 'static {
    /// The SQL condition of the listed rows, if their count is stored with the checkpoint. A follower counts them once,
    /// and writers then keep the count up to date.
    const LISTED: Option<&'static str> = None;

    /// The row's key.
    fn id(&self) -> Uuid;

    /// Loads the rows with these keys, as seen by the transaction. Keys without a row are omitted.
    ///
    /// # Errors
    /// The database cannot be queried.
    fn load(
        transaction: &mut PgConnection,
        ids: &[Uuid],
    ) -> impl Future<Output = Result<Vec<Self>, sqlx::Error>> + Send;

    /// Upserts rows in one statement.
    ///
    /// # Errors
    /// The database write failed.
    fn write(transaction: &mut PgConnection, rows: &[Self]) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Writes rows of the live table, with their effects on other tables.
    ///
    /// # Errors
    /// The database write failed.
    fn store(transaction: &mut PgConnection, rows: &[Self]) -> impl Future<Output = Result<(), sqlx::Error>> + Send {
        Self::write(transaction, rows)
    }
}

/// Rows without effects on other tables.
pub(crate) trait PlainRow: TableRow {}

impl<R: PlainRow> ProjectedRow for R {
    const LISTED: Option<&'static str> = match R::TABLE.listed {
        Some(listed) => Some(listed.condition),
        None => None,
    };

    fn id(&self) -> Uuid {
        TableRow::id(self)
    }

    async fn load(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        table::load(transaction, ids).await
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        table::write(transaction, rows).await
    }

    async fn store(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        table::write_live(transaction, rows).await
    }
}
