//! Temporary copies of the live tables' schemas, visible to one connection, for folding events without changing
//! anything.

use platform::config::PostgresSettings;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

/// Opens a pool of one connection, on which temporary tables shadow these live tables.
///
/// # Errors
/// The database cannot be reached.
pub async fn open(live: &PgPool, settings: &PostgresSettings, tables: &[&'static str]) -> Result<PgPool, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(std::time::Duration::from_millis(settings.acquire_timeout_ms))
        .connect_with((*live.connect_options()).clone())
        .await?;
    for table in tables.iter().copied().chain(["parked_event"]) {
        let statement = format!("CREATE TEMPORARY TABLE {table} (LIKE public.{table} INCLUDING ALL)");
        sqlx::query(AssertSqlSafe(statement)).execute(&pool).await?;
    }
    // Autovacuum never analyses temporary tables, and the plan for an empty table is a sequential scan.
    sqlx::query("SET enable_seqscan = off").execute(&pool).await?;
    Ok(pool)
}
