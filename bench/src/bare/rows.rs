//! Copies rows into tables of the same shape by `COPY`, without a projector: the limit of Postgres.

use std::time::{Duration, Instant};

use futures_util::{TryStreamExt as _, future::try_join_all};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, postgres::PgPoolCopyExt as _};

/// The schema of the tables. It is dropped at the end.
const SCHEMA: &str = "yardstick";

/// Copies the rows of these tables, all tables concurrently, into tables of the same shape with their primary key but
/// no other index. Returns the number of rows, and the time from the first byte to the durable commit.
///
/// # Errors
/// The database refused it.
pub(crate) async fn copy_rows(url: &str, tables: &[&'static str]) -> Result<(u64, Duration), sqlx::Error> {
    let pool = sqlx::PgPool::connect(url).await?;
    execute(&pool, format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")).await?;
    execute(&pool, format!("CREATE SCHEMA {SCHEMA}")).await?;
    let mut held = Vec::with_capacity(tables.len());
    for table in tables {
        execute(
            &pool,
            format!(
                "CREATE TABLE {SCHEMA}.{table} (LIKE public.{table} INCLUDING ALL EXCLUDING INDEXES, PRIMARY KEY (id))"
            ),
        )
        .await?;
        let out = pool
            .copy_out_raw(&format!("COPY public.{table} TO STDOUT (FORMAT binary)"))
            .await?;
        let chunks: Vec<_> = out.try_collect().await?;
        held.push((*table, PgConnection::connect(url).await?, chunks));
    }
    let began = Instant::now();
    let copied = held.into_iter().map(|(table, mut connection, chunks)| async move {
        let statement = format!("COPY {SCHEMA}.{table} FROM STDIN (FORMAT binary)");
        let mut copy = connection.copy_in_raw(&statement).await?;
        for chunk in chunks {
            copy.send(chunk).await?;
        }
        copy.finish().await
    });
    let rows = try_join_all(copied).await?;
    let took = began.elapsed();
    execute(&pool, format!("DROP SCHEMA {SCHEMA} CASCADE")).await?;
    pool.close().await;
    Ok((rows.into_iter().sum(), took))
}

async fn execute(pool: &sqlx::PgPool, statement: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(statement)).execute(pool).await.map(drop)
}
