//! The pool, and the migrations that shape what it reaches.

use std::{borrow::Cow, time::Duration};

use platform::{Health, config::PostgresSettings};
use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Transaction,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    postgres::PgPoolOptions,
};

/// A connection that nobody has used for so long is tried before it is used.
const TESTED_AFTER: Duration = Duration::from_secs(1);

/// Makes a pool. It connects when it is first used, and again after an outage.
///
/// # Errors
/// The URL cannot be read.
pub fn connect(url: &str, settings: &PostgresSettings) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(Duration::from_millis(settings.acquire_timeout_ms))
        // A connection that was used a moment ago is taken as it is: to ask costs every statement a round trip.
        .test_before_acquire(false)
        .before_acquire(|connection, known| {
            Box::pin(async move {
                if known.idle_for > TESTED_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy(url)
}

/// The migrations that this code knows, in order.
pub(crate) fn migrator() -> Migrator {
    let migrations = [
        (1, "read models", include_str!("../migrations/0001_read_models.sql")),
        (2, "erased people", include_str!("../migrations/0002_erased_people.sql")),
        (3, "whole lives", include_str!("../migrations/0003_whole_lives.sql")),
        (10, "billing", include_str!("../migrations/0010_billing.sql")),
        (11, "prescribing", include_str!("../migrations/0011_prescribing.sql")),
        (
            24,
            "projection engine",
            include_str!("../migrations/0024_projection_engine.sql"),
        ),
        (25, "listed rows", include_str!("../migrations/0025_listed_rows.sql")),
        (
            26,
            "checkpoint hash",
            include_str!("../migrations/0026_checkpoint_hash.sql"),
        ),
        (
            27,
            "parked event index",
            include_str!("../migrations/0027_parked_event_index.sql"),
        ),
        (28, "event index", include_str!("../migrations/0028_event_index.sql")),
        (40, "what is owed", include_str!("../migrations/0040_what_is_owed.sql")),
    ];
    let migrations = migrations.map(|(version, description, sql)| {
        Migration::new(
            version,
            Cow::Borrowed(description),
            MigrationType::Simple,
            sqlx::SqlStr::from_static(sql),
            false,
        )
    });
    Migrator {
        migrations: Cow::Owned(migrations.into()),
        ..Migrator::DEFAULT
    }
}

/// Brings the tables to the shape that this code needs. Safe to call from several processes at once.
///
/// # Errors
/// The database cannot be reached, or a migration that has run is not the one this code knows.
pub async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    migrator().run(pool).await
}

/// Begins a part of a transaction that can be given up by itself.
///
/// # Errors
/// The database cannot be asked.
pub async fn savepoint(transaction: &mut PgConnection) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
    transaction.begin().await
}

/// Checks that the database answers and holds the read models.
///
/// # Errors
/// It does not answer, or its tables have not been made yet.
pub async fn check(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT FROM projection_checkpoint LIMIT 1")
        .execute(pool)
        .await
        .map(drop)
}

/// Whether a fault will be there again at the next try: the database understood, and refuses what it was given.
#[must_use]
pub fn is_lasting(error: &sqlx::Error) -> bool {
    match error {
        // Data exceptions, violated constraints, and statements that do not fit the tables (SQLSTATE classes).
        sqlx::Error::Database(fault) => fault
            .code()
            .is_some_and(|code| ["22", "23", "42"].iter().any(|class| code.starts_with(class))),
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::Decode(_)
        | sqlx::Error::Encode(_)
        | sqlx::Error::TypeNotFound { .. } => true,
        _ => false,
    }
}

/// Whether the database refuses the rows themselves, and not their sender: a data exception, or a constraint.
#[must_use]
pub fn is_refused_row(error: &sqlx::Error) -> bool {
    sql_state(error).is_some_and(|state| state.starts_with("22") || state.starts_with("23"))
}

/// What a database says, without the values that it may repeat: they can be personal.
#[must_use]
pub fn describe(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(fault) => {
            let state = fault.code().unwrap_or_default();
            match fault.constraint() {
                Some(constraint) => format!("the database does not take it: SQLSTATE {state}, constraint {constraint}"),
                None => format!("the database does not take it: SQLSTATE {state}"),
            }
        }
        other => other.to_string(),
    }
}

/// The SQLSTATE of a refusal.
pub(crate) fn sql_state(error: &sqlx::Error) -> Option<String> {
    let fault = error.as_database_error()?;
    fault.code().map(|code| code.into_owned())
}

/// Adds a check to the health of a process: that the read models are there.
#[must_use]
pub fn health(pool: &PgPool, health: Health) -> Health {
    let pool = pool.clone();
    health.probe("read models", move || {
        let pool = pool.clone();
        async move { check(&pool).await.map_err(|error| error.to_string()) }
    })
}
