//! Tables that only one connection sees, shaped as the live ones and gone with it: to fold into without changing
//! anything.

use platform::config::PostgresSettings;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

/// A pool of one connection, on which these tables stand in front of the live ones.
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
    // Nobody ever analyses a temporary table, and the plan for an empty one is to read all of it.
    sqlx::query("SET enable_seqscan = off").execute(&pool).await?;
    Ok(pool)
}
