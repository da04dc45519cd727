//! The connection pool and the migrations of the schema `auth`.

use std::{borrow::Cow, time::Duration};

use platform::{Health, config::PostgresSettings};
use sqlx::{
    PgConnection, PgPool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    postgres::PgPoolOptions,
};

/// The name of the lock.
const LOCK: i64 = 0x61_6e_61_6d_61_75_74_68;

/// Creates a pool. It connects on first use, and reconnects after an outage.
///
/// # Errors
/// The URL is malformed.
pub fn connect(url: &str, settings: &PostgresSettings) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(Duration::from_millis(settings.acquire_timeout_ms))
        .connect_lazy(url)
}

/// Migrates the schema `auth` to this code's. Several processes may call it at once.
///
/// # Errors
/// The database cannot be reached, or an applied migration differs from this code's.
pub async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    let migrations = [(1, "accounts", include_str!("../migrations/0001_accounts.sql"))];
    let migrations = migrations.map(|(version, description, sql)| {
        Migration::new(
            version,
            Cow::Borrowed(description),
            MigrationType::Simple,
            sqlx::SqlStr::from_static(sql),
            false,
        )
    });
    let migrator = Migrator {
        migrations: Cow::Owned(migrations.into()),
        table_name: Cow::Borrowed("auth._sqlx_migrations"),
        create_schemas: Cow::Borrowed(&[Cow::Borrowed("auth")]),
        ..Migrator::DEFAULT
    };
    migrator.run(pool).await
}

/// Checks that the database responds and holds the accounts.
///
/// # Errors
/// The database does not respond, or its tables do not exist yet.
pub async fn check(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT 1 FROM auth.signing_key LIMIT 1")
        .execute(pool)
        .await?;
    Ok(())
}

/// Adds a health check that the accounts are available.
#[must_use]
pub fn health(pool: &PgPool, health: Health) -> Health {
    let pool = pool.clone();
    health.probe("accounts", move || {
        let pool = pool.clone();
        async move { check(&pool).await.map_err(|error| describe(&error)) }
    })
}

/// Lets one transaction after another decide what only one may: the first key, the first and the last administrator.
pub(crate) async fn lock(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(transaction)
        .await?;
    Ok(())
}

/// Describes a database error without the values in it, which can be personal data.
pub(crate) fn describe(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(fault) => format!(
            "the database rejected it: SQLSTATE {}, constraint {}",
            fault.code().unwrap_or_default(),
            fault.constraint().unwrap_or("none")
        ),
        None => error.to_string(),
    }
}
