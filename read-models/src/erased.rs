//! Blanks rows about erased people.
//!
//! Streams are folded independently, so a row about a person can be written before or after the patients' projection
//! learns of the erasure. Both orders end alike: marking a patient as erased blanks the existing rows, and later writes
//! omit personal data. The table's declaration states what an erasure leaves of each column. A lock on the table orders
//! the two; without it, each could miss the other. Writers acquire it with their statement, before the statement reads
//! who has been erased. Other versions of a table are blanked with the live one.

use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::{
    building,
    cached_patient::CachedPatientRow,
    table::{About, Table, TableRow as _},
    tables,
};

/// The tables with rows about patients, which an erasure blanks. The `patient` tables themselves are blanked by the
/// fold of the erasure event.
fn tables_about_patients() -> impl Iterator<Item = &'static Table> {
    let about_patients = |table: &&Table| matches!(table.about, About::Patient(_));
    tables::ALL.into_iter().filter(about_patients)
}

/// Blanks the rows about patients who are being marked as erased, in the live tables and in the versions that are being
/// built or kept.
pub(crate) async fn forget_texts(transaction: &mut PgConnection, patients: &[Uuid]) -> Result<(), sqlx::Error> {
    building::lock_tables(&mut *transaction).await?;
    for table in tables_about_patients() {
        blank(&mut *transaction, table, patients).await?;
    }
    let beside: Vec<(String, String)> = sqlx::query_as(
        "SELECT schemaname::text, tablename::text FROM pg_tables WHERE schemaname IN ('building', 'previous')",
    )
    .fetch_all(&mut *transaction)
    .await?;
    if beside.is_empty() {
        return Ok(());
    }
    for schema in ["building", "previous"] {
        sqlx::query("SELECT set_config('search_path', $1, true)")
            .bind(schema)
            .execute(&mut *transaction)
            .await?;
        let stands = |table: &&Table| beside.iter().any(|(of, name)| of == schema && name == table.name);
        for table in tables::ALL.into_iter().filter(stands) {
            blank(&mut *transaction, table, patients).await?;
        }
    }
    sqlx::query("SET LOCAL search_path TO DEFAULT")
        .execute(transaction)
        .await
        .map(drop)
}

/// The other tables that [`forget_everybody`] blanks along with this one.
pub(crate) fn blanked_with(table: &str) -> impl Iterator<Item = &'static Table> {
    let knows_erasures = table == CachedPatientRow::TABLE.name;
    tables_about_patients().filter(move |_| knows_erasures)
}

/// Locks the tables that [`forget_everybody`] blanks along with this one. Their writers read this one, so these locks
/// come first.
pub(crate) async fn lock_those_to_blank_with(transaction: &mut PgConnection, table: &str) -> Result<(), sqlx::Error> {
    for table in blanked_with(table) {
        lock(&mut *transaction, table).await?;
    }
    Ok(())
}

/// Blanks the rows of all erased people in a table version that becomes the live one.
pub(crate) async fn forget_everybody(transaction: &mut PgConnection, table: &str) -> Result<(), sqlx::Error> {
    // A new version of `cached_patient` may know of erasures that the other tables do not reflect yet.
    let tables: Vec<&Table> = match table == CachedPatientRow::TABLE.name {
        true => tables_about_patients().collect(),
        false => tables_about_patients().filter(|about| about.name == table).collect(),
    };
    if tables.is_empty() {
        return Ok(());
    }
    let erased: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM public.cached_patient WHERE erased")
        .fetch_all(&mut *transaction)
        .await?;
    for table in tables {
        blank(&mut *transaction, table, &erased).await?;
    }
    Ok(())
}

async fn blank(transaction: &mut PgConnection, table: &Table, patients: &[Uuid]) -> Result<(), sqlx::Error> {
    let Some(statement) = table.blank().filter(|_| !patients.is_empty()) else {
        return Ok(());
    };
    lock(&mut *transaction, table).await?;
    sqlx::query(AssertSqlSafe(statement))
        .bind(patients)
        .execute(transaction)
        .await
        .map(drop)
}

/// Waits for current writers of the table, and blocks new ones.
async fn lock(transaction: &mut PgConnection, table: &Table) -> Result<(), sqlx::Error> {
    let statement = format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", table.name);
    sqlx::query(AssertSqlSafe(statement))
        .execute(transaction)
        .await
        .map(drop)
}
