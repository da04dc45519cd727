//! Reports on the database for operators. It is read-only, and works on an empty database too.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use crate::{
    database::{explained, migrator},
    parked::counts,
};

/// A report on the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseReport {
    /// The server's version, such as `160004` for 16.4.
    pub version: u32,
    /// Whether acknowledged commits survive a power failure.
    pub durability: Durability,
    /// The state of the migrations.
    pub migrations: Migrations,
    /// The checkpoint of each projection.
    pub checkpoints: Vec<Checkpoint>,
    /// The number of parked events of each projection that has any.
    pub parked: BTreeMap<String, u64>,
}

/// The settings that decide what survives a power failure, in the server's notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durability {
    /// `on`, `off`, `local`, `remote_write` or `remote_apply`.
    pub synchronous_commit: String,
    /// `on` or `off`.
    pub fsync: String,
    /// `on` or `off`.
    pub full_page_writes: String,
}

/// The applied migrations compared with those of this code, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrations {
    /// The number of applied migrations.
    pub applied: usize,
    /// Known, but not applied.
    pub pending: Vec<i64>,
    /// Applied, but unknown: another version of the code applied them.
    pub unknown: Vec<i64>,
    /// Applied with another text.
    pub changed: Vec<i64>,
    /// Begun, but not completed.
    pub failed: Vec<i64>,
}

/// The checkpoint of a projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The projection.
    pub projection: String,
    /// The projection's stream.
    pub stream: String,
    /// The position of the last folded event.
    pub position: u64,
}

/// Returns the current time of the database's clock.
///
/// # Errors
/// The database cannot be queried.
pub async fn time(pool: &PgPool) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(pool).await
}

/// Inspects the database.
///
/// # Errors
/// The database cannot be queried.
pub async fn inspect(pool: &PgPool) -> Result<DatabaseReport, sqlx::Error> {
    let mut connection = match pool.acquire().await {
        Ok(connection) => connection,
        Err(error) => return Err(explained(pool, error).await),
    };
    let setting = async |connection: &mut PgConnection, name: &str| -> Result<String, sqlx::Error> {
        let query = sqlx::query_scalar("SELECT current_setting($1)").bind(name);
        query.fetch_one(connection).await
    };
    let version: String = setting(&mut connection, "server_version_num").await?;
    let durability = Durability {
        synchronous_commit: setting(&mut connection, "synchronous_commit").await?,
        fsync: setting(&mut connection, "fsync").await?,
        full_page_writes: setting(&mut connection, "full_page_writes").await?,
    };
    Ok(DatabaseReport {
        version: version.parse().unwrap_or_default(),
        durability,
        migrations: migrations(&mut connection).await?,
        checkpoints: checkpoints_on(&mut connection).await?,
        parked: parked_on(&mut connection).await?,
    })
}

async fn migrations(connection: &mut PgConnection) -> Result<Migrations, sqlx::Error> {
    let migrator = migrator();
    let mut rows: Vec<(i64, Vec<u8>, bool)> = Vec::new();
    if exists(connection, &migrator.table_name).await? {
        rows = sqlx::query_as("SELECT version, checksum, success FROM _sqlx_migrations ORDER BY version")
            .fetch_all(connection)
            .await?;
    }
    let known: BTreeMap<i64, &[u8]> = migrator.iter().map(|known| (known.version, &*known.checksum)).collect();
    let mut found = Migrations {
        applied: rows.len(),
        ..Migrations::default()
    };
    for (version, checksum, success) in &rows {
        match known.get(version) {
            _ if !success => found.failed.push(*version),
            None => found.unknown.push(*version),
            Some(known) if *known != checksum => found.changed.push(*version),
            Some(_) => {}
        }
    }
    let has_run = |version: &i64| rows.iter().any(|(applied, ..)| applied == version);
    found.pending = known.into_keys().filter(|version| !has_run(version)).collect();
    Ok(found)
}

/// The checkpoint of each projection.
///
/// # Errors
/// The database cannot be queried.
pub async fn checkpoints(pool: &PgPool) -> Result<Vec<Checkpoint>, sqlx::Error> {
    checkpoints_on(&mut *pool.acquire().await?).await
}

async fn checkpoints_on(connection: &mut PgConnection) -> Result<Vec<Checkpoint>, sqlx::Error> {
    if !exists(connection, "projection_checkpoint").await? {
        return Ok(Vec::new());
    }
    let query = sqlx::query_as("SELECT projection, stream, position FROM projection_checkpoint ORDER BY projection");
    let rows: Vec<(String, String, i64)> = query.fetch_all(connection).await?;
    let checkpoint = |(projection, stream, position): (String, String, i64)| Checkpoint {
        projection,
        stream,
        position: position.unsigned_abs(),
    };
    Ok(rows.into_iter().map(checkpoint).collect())
}

async fn parked_on(connection: &mut PgConnection) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    if !exists(connection, "parked_event").await? {
        return Ok(BTreeMap::new());
    }
    counts(connection).await
}

async fn exists(connection: &mut PgConnection, table: &str) -> Result<bool, sqlx::Error> {
    let query = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(table);
    query.fetch_one(connection).await
}
