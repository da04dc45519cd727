//! The connection pool and the migrations.

use std::{borrow::Cow, io, time::Duration};

use platform::{Health, config::PostgresSettings};
use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Transaction,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;

use crate::list_order::{self, as_people_sort};

/// The idle time after which a connection is tested before use.
const TESTED_AFTER: Duration = Duration::from_secs(1);

/// Creates a pool. It connects on first use, and reconnects after an outage.
///
/// # Errors
/// The URL is malformed.
pub fn connect(url: &str, settings: &PostgresSettings) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(Duration::from_millis(settings.acquire_timeout_ms))
        // A recently used connection is not tested: a test would cost every statement a round trip.
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

/// The migrations of this code, in order.
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
        (
            43,
            "partial birth dates",
            include_str!("../migrations/0043_partial_birth_dates.sql"),
        ),
        (
            45,
            "deceased patients",
            include_str!("../migrations/0045_deceased_patients.sql"),
        ),
        (
            51,
            "care relations",
            include_str!("../migrations/0051_care_relations.sql"),
        ),
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

/// Migrates the tables to the schema of this code, and sorts lists by the locale of the settings. Several processes may
/// call it at once.
///
/// # Errors
/// The database cannot be reached, or an applied migration differs from this code's.
pub async fn migrate(pool: &PgPool, settings: &PostgresSettings) -> Result<(), MigrateError> {
    let migrated = match migrator().run(pool).await {
        Err(MigrateError::Execute(error)) => Err(MigrateError::Execute(explained(pool, error).await)),
        migrated => migrated,
    };
    migrated?;
    Ok(list_order::establish(pool, &settings.list_locale).await?)
}

/// Begins a savepoint, which can be rolled back separately.
///
/// # Errors
/// The database cannot be queried.
pub async fn savepoint(transaction: &mut PgConnection) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
    transaction.begin().await
}

/// Checks that the database responds and holds the read models.
///
/// # Errors
/// The database does not respond, or its tables do not exist yet.
pub async fn check(pool: &PgPool) -> Result<(), sqlx::Error> {
    let statement = concat!(
        "SELECT ",
        as_people_sort!("stream"),
        " FROM projection_checkpoint LIMIT 1"
    );
    let checked = sqlx::query(statement).execute(pool).await;
    match checked {
        Ok(_) => Ok(()),
        Err(error) => Err(explained(pool, error).await),
    }
}

/// Says why there is no connection. The pool only says that time has run out, because it tries again meanwhile.
pub(crate) async fn explained(pool: &PgPool, error: sqlx::Error) -> sqlx::Error {
    if !matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) {
        return error;
    }
    let options = pool.connect_options();
    let connecting = PgConnection::connect_with(&options);
    match timeout(pool.options().get_acquire_timeout(), connecting).await {
        Ok(Ok(connection)) => {
            // All connections are in use, or the server is back. How this one ends does not matter.
            let _ = connection.close().await;
            error
        }
        Ok(Err(sqlx::Error::Io(fault))) => sqlx::Error::Io(unreachable(&options, &fault)),
        Ok(Err(other)) => other,
        Err(_) => sqlx::Error::Io(unreachable(&options, &io::ErrorKind::TimedOut.into())),
    }
}

/// What keeps a server from being reached, and its address; never the password.
fn unreachable(options: &PgConnectOptions, fault: &io::Error) -> io::Error {
    let why = match fault.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::TimedOut => "no answer".to_owned(),
        _ => fault.to_string(),
    };
    let address = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    io::Error::new(fault.kind(), format!("{why} at {address}"))
}

/// Whether a retry would fail in the same way: the database understood the statement and rejected it.
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

/// Whether the database rejected the rows themselves: a data exception or a constraint violation.
#[must_use]
pub fn is_refused_row(error: &sqlx::Error) -> bool {
    sql_state(error).is_some_and(|state| state.starts_with("22") || state.starts_with("23"))
}

/// Describes a database error without the values in it, which can be personal data.
#[must_use]
pub fn describe(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(fault) => {
            let state = fault.code().unwrap_or_default();
            match fault.constraint() {
                Some(constraint) => format!("the database rejected it: SQLSTATE {state}, constraint {constraint}"),
                None => format!("the database rejected it: SQLSTATE {state}"),
            }
        }
        other => other.to_string(),
    }
}

/// The SQLSTATE of an error.
pub(crate) fn sql_state(error: &sqlx::Error) -> Option<String> {
    let fault = error.as_database_error()?;
    fault.code().map(|code| code.into_owned())
}

/// Adds a health check that the read models are available.
#[must_use]
pub fn health(pool: &PgPool, health: Health) -> Health {
    let pool = pool.clone();
    health.probe("read models", move || {
        let pool = pool.clone();
        async move { check(&pool).await.map_err(|error| error.to_string()) }
    })
}
