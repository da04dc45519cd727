//! What a projector needs of a table: read the rows a batch touches, write them back, each in one statement.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::table::{self, TableRow};

/// A row that a projector folds events into.
pub trait ProjectedRow: Clone + Send + Sync + Sized + 'static {
    /// Which rows a list of all of them tells of, as a condition, if how many they are is to be kept beside the checkpoint.
    /// A follower counts them once, and a writer of rows counts on.
    const LISTED: Option<&'static str> = None;

    /// The row's key.
    fn id(&self) -> Uuid;

    /// The rows with these keys, as they stand in the transaction. A key without a row is left out.
    ///
    /// # Errors
    /// The database cannot be asked.
    fn load(
        transaction: &mut PgConnection,
        ids: &[Uuid],
    ) -> impl Future<Output = Result<Vec<Self>, sqlx::Error>> + Send;

    /// Writes rows, new and changed alike, all in one statement.
    ///
    /// # Errors
    /// The database did not take them.
    fn write(transaction: &mut PgConnection, rows: &[Self]) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Writes rows of the live table, and with them what follows from them for another table.
    ///
    /// # Errors
    /// The database did not take them.
    fn store(transaction: &mut PgConnection, rows: &[Self]) -> impl Future<Output = Result<(), sqlx::Error>> + Send {
        Self::write(transaction, rows)
    }
}

/// Rows of a table that a projector writes as they are: nothing follows from them for another table.
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
