//! Connections to Postgres, and the tables.

use std::time::Duration;

use anyhow::Context as _;
use sqlx::{
    ConnectOptions as _, PgPool, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// A request waits for a connection in the service. That costs less than a session of the server for every client: of 8, 16, 32
/// and 64 connections, 16 did best over all numbers of clients on two cores.
const CONNECTIONS: u32 = 16;
/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(30);
const SCHEMA: &str = include_str!("../schema.sql");
const DURABILITY: &str = "SELECT current_setting('fsync'), current_setting('synchronous_commit')";

/// What a command does is done whole or not at all.
pub(crate) type Transaction = sqlx::Transaction<'static, Postgres>;

/// Connects to an empty database and makes the tables.
///
/// # Errors
/// The database does not take it, or would not keep what it has committed.
pub(crate) async fn open(url: &str) -> anyhow::Result<PgPool> {
    let options: PgConnectOptions = url.parse().context("the address of the database cannot be read")?;
    let pool = PgPoolOptions::new()
        .min_connections(CONNECTIONS)
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        // A connection that was used a moment ago is taken as it is: to ask costs every command a round trip.
        .test_before_acquire(false)
        .connect_with(options.disable_statement_logging())
        .await
        .context("the database does not answer")?;
    let (fsync, synchronous_commit): (String, String) = sqlx::query_as(DURABILITY).fetch_one(&pool).await?;
    anyhow::ensure!(
        fsync == "on" && synchronous_commit == "on",
        "the database is not durable: fsync = {fsync}, synchronous_commit = {synchronous_commit}"
    );
    sqlx::raw_sql(SCHEMA)
        .execute(&pool)
        .await
        .context("the tables cannot be made")?;
    Ok(pool)
}
