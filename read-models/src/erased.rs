//! What becomes of rows about people who have been erased.
//!
//! Streams are folded independently of each other, so a row about a person may be written before or after the fold of
//! the patients learns that they were erased. Both end alike: marking a patient as erased blanks the rows that are there,
//! and a later writer of rows leaves out what is personal. Either way, the table's declaration says what an
//! erasure leaves of each column. A lock on the table orders the two; without it each could miss the other. Writers take it
//! with their statement, before it looks who has been erased. The versions of a table that stand beside the live one are
//! blanked with it.

use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::{
    building,
    cached_patient::CachedPatientRow,
    table::{About, Table, TableRow as _},
    tables,
};

/// The tables whose rows are about patients, and are blanked when these are marked as erased. The fold of the erasure itself
/// blanks the rows that are patients.
fn tables_about_patients() -> impl Iterator<Item = &'static Table> {
    let about_patients = |table: &&Table| matches!(table.about, About::Patient(_));
    tables::ALL.into_iter().filter(about_patients)
}

/// Blanks the rows about patients who are being marked as erased: in the live tables, and in the versions of them that are
/// being built or kept.
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

/// Takes the locks on the tables that [`forget_everybody`] is going to blank along with this one. Whoever writes them reads
/// this one, so they come first.
pub(crate) async fn lock_those_to_blank_with(transaction: &mut PgConnection, table: &str) -> Result<(), sqlx::Error> {
    if table == CachedPatientRow::TABLE.name {
        for table in tables_about_patients() {
            lock(&mut *transaction, table).await?;
        }
    }
    Ok(())
}

/// Blanks whatever a table holds about anybody who has been erased, for a version of it that becomes the live one.
pub(crate) async fn forget_everybody(transaction: &mut PgConnection, table: &str) -> Result<(), sqlx::Error> {
    // Whom only a new version of `cached_patient` knows to be erased, the other tables have not been told of.
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

/// Waits for those who write the table, and makes those wait who are going to.
async fn lock(transaction: &mut PgConnection, table: &Table) -> Result<(), sqlx::Error> {
    let statement = format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", table.name);
    sqlx::query(AssertSqlSafe(statement))
        .execute(transaction)
        .await
        .map(drop)
}
