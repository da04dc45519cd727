//! Builds another version of a projection's table beside the live one. The new version grows in the schema `building`
//! and replaces the live one in one transaction. The schema `previous` keeps the replaced version.
//!
//! Locks are acquired in this order: the projection's checkpoint, the lock on the set of tables, the tables. A table
//! has the name of its projection, which comes from code and never from a request.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::{
    checkpoint::{self, Standing, by_key},
    database::sql_state,
    erased,
};

/// The advisory lock for adding, moving, dropping or listing the tables of these schemas.
const TABLES_LOCK: i64 = 0x616e_616d_6e65_7369;
/// Longer than the deadlock timeout of Postgres, after which autovacuum gives way to a waiting lock.
const VACUUM_TIMEOUT: &str = "SET LOCAL lock_timeout TO '3s'";
/// Shorter than the deadlock timeout of Postgres, so that the replacement gives way and never a query.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout TO '500ms'";
/// The SQLSTATE of a lock timeout.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// A version in the building schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The version of the projector.
    pub version: u32,
    /// The position of each of its parts.
    pub positions: Vec<u64>,
    /// Whether an earlier run began it.
    pub is_resumed: bool,
}

/// The result of a rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RolledBack {
    /// The checkpoint of the restored version.
    pub restored: Standing,
    /// When the restored version had been replaced.
    pub replaced_at: DateTime<Utc>,
    /// The checkpoint of the version that it replaces, and that is kept.
    pub kept: Standing,
}

/// An error of a replacement.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// The tables are in use. An immediate retry is possible.
    #[error("the table is in use")]
    Busy,
    /// The version is behind the live one.
    #[error("the new version is at {built}, and the live one at {live}")]
    Behind {
        /// The position of the new version.
        built: u64,
        /// The position of the live version.
        live: u64,
    },
    /// There is no version to put in place, or its table has another shape.
    #[error("{0}")]
    Refused(&'static str),
    /// The database write failed.
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for ReplaceError {
    fn from(error: sqlx::Error) -> Self {
        if sql_state(&error).is_some_and(|state| state == LOCK_NOT_AVAILABLE) {
            Self::Busy
        } else {
            Self::Database(error)
        }
    }
}

/// Locks the set of tables until the transaction ends.
pub(crate) async fn lock_tables(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(TABLES_LOCK)
        .execute(transaction)
        .await
        .map(drop)
}

/// Begins to build a version, or resumes it. An unfinished build of another version, or of a table whose shape has
/// changed since, is discarded. A resumed build keeps its number of parts.
///
/// # Errors
/// The database write failed.
pub async fn begin(pool: &PgPool, projection: &str, version: u32, parts: usize) -> Result<Build, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    lock_tables(&mut transaction).await?;
    let fits = is_of_version(&mut transaction, projection, version).await?
        && have_one_shape(&mut transaction, "building", "public", projection).await?;
    if !fits {
        drop_build(&mut transaction, projection).await?;
        create(&mut transaction, projection, version, parts).await?;
    }
    let positions: Vec<i64> =
        sqlx::query_scalar("SELECT position FROM projection_build_part WHERE projection = $1 ORDER BY part")
            .bind(projection)
            .fetch_all(&mut *transaction)
            .await?;
    transaction.commit().await?;
    Ok(Build {
        version,
        positions: positions.into_iter().map(i64::unsigned_abs).collect(),
        is_resumed: fits,
    })
}

async fn is_of_version(transaction: &mut PgConnection, projection: &str, version: u32) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM projection_build WHERE projection = $1 AND version = $2)")
        .bind(projection)
        .bind(version.cast_signed())
        .fetch_one(transaction)
        .await
}

/// Creates the table with its primary key only. The other indexes are faster to build once the rows are there.
async fn create(
    transaction: &mut PgConnection,
    projection: &str,
    version: u32,
    parts: usize,
) -> Result<(), sqlx::Error> {
    let key: String = sqlx::query_scalar(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'p'",
    )
    .bind(format!("public.{projection}"))
    .fetch_one(&mut *transaction)
    .await?;
    execute(
        transaction,
        format!(
            "CREATE TABLE building.{projection} (LIKE public.{projection} INCLUDING ALL EXCLUDING INDEXES,
                                                 CONSTRAINT {projection}_pkey {key})"
        ),
    )
    .await?;
    sqlx::query("INSERT INTO projection_build (projection, version, parts) VALUES ($1, $2, $3)")
        .bind(projection)
        .bind(version.cast_signed())
        .bind(i32::try_from(parts).unwrap_or(i32::MAX))
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO projection_build_part (projection, part, position)
         SELECT $1, part, 0 FROM generate_series(0, $2 - 1) AS part",
    )
    .bind(projection)
    .bind(i32::try_from(parts).unwrap_or(i32::MAX))
    .execute(transaction)
    .await
    .map(drop)
}

/// Discards an unfinished version.
///
/// # Errors
/// The database write failed.
pub async fn abandon(pool: &PgPool, projection: &str) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    lock_tables(&mut transaction).await?;
    drop_build(&mut transaction, projection).await?;
    transaction.commit().await
}

async fn drop_build(transaction: &mut PgConnection, projection: &str) -> Result<(), sqlx::Error> {
    execute(transaction, format!("DROP TABLE IF EXISTS building.{projection}")).await?;
    forget_build(transaction, projection).await
}

async fn forget_build(transaction: &mut PgConnection, projection: &str) -> Result<(), sqlx::Error> {
    for statement in [
        "DELETE FROM projection_build WHERE projection = $1",
        "DELETE FROM building.parked_event WHERE projection = $1",
    ] {
        sqlx::query(statement)
            .bind(projection)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

/// Makes the rest of the transaction use the tables in the building schema, where they exist. Its commit is
/// asynchronous: a crash that loses the rows also loses the position, and the build resumes from there. The transaction
/// that puts the version in place commits synchronously, which makes everything before it durable.
///
/// # Errors
/// The database write failed.
pub async fn enter(transaction: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(concat!(
        "SELECT set_config('search_path', 'building, public', true), set_config('synchronous_commit', 'off', true), ",
        by_key!()
    ))
    .execute(transaction)
    .await
    .map(drop)
}

/// Advances a part of a version, if it is still at the caller's last position. Returns whether it was.
///
/// # Errors
/// The database write failed.
pub async fn advance(
    transaction: &mut PgConnection,
    projection: &str,
    part: usize,
    from: u64,
    to: u64,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "UPDATE projection_build_part SET position = $4 WHERE projection = $1 AND part = $2 AND position = $3",
    )
    .bind(projection)
    .bind(i32::try_from(part).unwrap_or(i32::MAX))
    .bind(from.cast_signed())
    .bind(to.cast_signed())
    .execute(transaction)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Creates the indexes of the live table on the new version, one after the other. Existing ones are kept.
///
/// # Errors
/// The database write failed.
pub async fn make_indexes(pool: &PgPool, projection: &str) -> Result<(), sqlx::Error> {
    let missing: Vec<String> = sqlx::query_scalar(
        "SELECT live.indexdef FROM pg_indexes live
         WHERE live.schemaname = 'public' AND live.tablename = $1
           AND NOT EXISTS (SELECT FROM pg_indexes built
                           WHERE built.schemaname = 'building' AND built.indexname = live.indexname)",
    )
    .bind(projection)
    .fetch_all(pool)
    .await?;
    for definition in missing {
        let of_live = format!(" ON public.{projection} ");
        let statement = definition.replacen(&of_live, &format!(" ON building.{projection} "), 1);
        sqlx::query(AssertSqlSafe(statement)).execute(pool).await?;
    }
    // Otherwise, queries would use the plans for an empty table.
    sqlx::query(AssertSqlSafe(format!("ANALYZE building.{projection}")))
        .execute(pool)
        .await
        .map(drop)
}

/// Replaces the live version with the new one, in the transaction that holds the checkpoint. The live version becomes
/// the previous one, and the old previous version is dropped.
///
/// # Errors
/// The new version is behind the live one, the table is in use, or the database write failed. The caller must roll the
/// transaction back.
pub async fn replace(
    transaction: &mut PgConnection,
    projection: &str,
    live: Standing,
) -> Result<Standing, ReplaceError> {
    lock_tables(&mut *transaction).await?;
    let built: Option<(i32, i64, i64)> = sqlx::query_as(
        "SELECT build.version, min(part.position), max(part.position)
         FROM projection_build build JOIN projection_build_part part USING (projection)
         WHERE projection = $1 GROUP BY build.version",
    )
    .bind(projection)
    .fetch_optional(&mut *transaction)
    .await?;
    let Some((version, position, furthest)) = built else {
        return Err(ReplaceError::Refused("no version of it is being built"));
    };
    let built = Standing {
        position: position.unsigned_abs(),
        version: version.unsigned_abs(),
    };
    if position != furthest || built.position < live.position {
        return Err(ReplaceError::Behind {
            built: built.position,
            live: live.position,
        });
    }
    lock_to_move(&mut *transaction, projection).await?;
    execute(transaction, format!("DROP TABLE IF EXISTS previous.{projection}")).await?;
    execute(
        transaction,
        format!("ALTER TABLE public.{projection} SET SCHEMA previous"),
    )
    .await?;
    execute(
        transaction,
        format!("ALTER TABLE building.{projection} SET SCHEMA public"),
    )
    .await?;
    move_parked(&mut *transaction, projection, "public", "previous").await?;
    move_parked(&mut *transaction, projection, "building", "public").await?;
    erased::forget_everybody(&mut *transaction, projection).await?;
    keep_previous(&mut *transaction, projection, live).await?;
    checkpoint::put(&mut *transaction, projection, built).await?;
    forget_build(&mut *transaction, projection).await?;
    Ok(built)
}

/// Swaps the live version and the previous one. The restored version resumes from its own position.
///
/// # Errors
/// There is no previous version of the same shape, the table is in use, or the database write failed.
pub async fn roll_back(pool: &PgPool, projection: &str) -> Result<RolledBack, ReplaceError> {
    let mut transaction = pool.begin().await?;
    let Some(live) = checkpoint::held(&mut transaction, projection).await? else {
        return Err(ReplaceError::Refused("it has never run"));
    };
    lock_tables(&mut transaction).await?;
    let kept: Option<(i64, i32, DateTime<Utc>)> =
        sqlx::query_as("SELECT position, version, replaced_at FROM projection_previous WHERE projection = $1")
            .bind(projection)
            .fetch_optional(&mut *transaction)
            .await?;
    let Some((position, version, replaced_at)) = kept else {
        return Err(ReplaceError::Refused("no previous version of it is kept"));
    };
    if !have_one_shape(&mut transaction, "previous", "public", projection).await? {
        return Err(ReplaceError::Refused(
            "the table has changed its shape since the previous version was replaced",
        ));
    }
    let previous = Standing {
        position: position.unsigned_abs(),
        version: version.unsigned_abs(),
    };
    drop_build(&mut transaction, projection).await?;
    lock_to_move(&mut transaction, projection).await?;
    execute(
        &mut transaction,
        format!("ALTER TABLE public.{projection} SET SCHEMA building"),
    )
    .await?;
    execute(
        &mut transaction,
        format!("ALTER TABLE previous.{projection} SET SCHEMA public"),
    )
    .await?;
    execute(
        &mut transaction,
        format!("ALTER TABLE building.{projection} SET SCHEMA previous"),
    )
    .await?;
    move_parked(&mut transaction, projection, "public", "building").await?;
    move_parked(&mut transaction, projection, "previous", "public").await?;
    move_parked(&mut transaction, projection, "building", "previous").await?;
    erased::forget_everybody(&mut transaction, projection).await?;
    keep_previous(&mut transaction, projection, live).await?;
    checkpoint::put(&mut transaction, projection, previous).await?;
    transaction.commit().await?;
    Ok(RolledBack {
        restored: previous,
        replaced_at,
        kept: live,
    })
}

/// Locks the live table exclusively, with a short timeout, because all other users queue behind this lock.
async fn lock_to_move(transaction: &mut PgConnection, projection: &str) -> Result<(), sqlx::Error> {
    stop_vacuum(&mut *transaction, projection).await?;
    execute(transaction, LOCK_TIMEOUT.to_owned()).await?;
    erased::lock_those_to_blank_with(&mut *transaction, projection).await?;
    execute(
        transaction,
        format!("LOCK TABLE public.{projection} IN ACCESS EXCLUSIVE MODE"),
    )
    .await
}

/// Makes autovacuum give way on the tables that a move locks, and keeps it away until the transaction ends. It can work
/// on a large table for longer than a replacement tries. Reads and writes neither wait for this lock nor hold it up.
async fn stop_vacuum(transaction: &mut PgConnection, projection: &str) -> Result<(), sqlx::Error> {
    execute(transaction, VACUUM_TIMEOUT.to_owned()).await?;
    for table in erased::blanked_with(projection)
        .map(|table| table.name)
        .chain([projection])
    {
        let statement = format!("LOCK TABLE public.{table} IN SHARE UPDATE EXCLUSIVE MODE");
        execute(&mut *transaction, statement).await?;
    }
    Ok(())
}

async fn move_parked(
    transaction: &mut PgConnection,
    projection: &str,
    from: &'static str,
    to: &'static str,
) -> Result<(), sqlx::Error> {
    let statements = [
        format!("DELETE FROM {to}.parked_event WHERE projection = $1"),
        format!("INSERT INTO {to}.parked_event SELECT * FROM {from}.parked_event WHERE projection = $1"),
        format!("DELETE FROM {from}.parked_event WHERE projection = $1"),
    ];
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement))
            .bind(projection)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

async fn keep_previous(
    transaction: &mut PgConnection,
    projection: &str,
    standing: Standing,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO projection_previous (projection, position, version, replaced_at) VALUES ($1, $2, $3, now())
         ON CONFLICT (projection) DO UPDATE SET
             position = EXCLUDED.position, version = EXCLUDED.version, replaced_at = EXCLUDED.replaced_at",
    )
    .bind(projection)
    .bind(standing.position.cast_signed())
    .bind(standing.version.cast_signed())
    .execute(transaction)
    .await
    .map(drop)
}

/// Whether both schemas have the table, with the same columns in the same order.
async fn have_one_shape(
    transaction: &mut PgConnection,
    one: &str,
    other: &str,
    table: &str,
) -> Result<bool, sqlx::Error> {
    let shape = "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull, ','
                                   ORDER BY attnum)
                 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";
    let mut shapes: [Option<String>; 2] = [None, None];
    for (found, schema) in shapes.iter_mut().zip([one, other]) {
        *found = sqlx::query_scalar(shape)
            .bind(format!("{schema}.{table}"))
            .fetch_one(&mut *transaction)
            .await?;
    }
    let [one, other] = shapes;
    Ok(one.is_some() && one == other)
}

async fn execute(transaction: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(statement))
        .execute(transaction)
        .await
        .map(drop)
}

/// Returns the position of every unfinished version, by projection.
///
/// # Errors
/// The database cannot be queried.
pub async fn builds(pool: &PgPool) -> Result<Vec<(String, u64)>, sqlx::Error> {
    let builds: Vec<(String, i64)> = sqlx::query_as(
        "SELECT projection, min(position) FROM projection_build_part GROUP BY projection ORDER BY projection",
    )
    .fetch_all(pool)
    .await?;
    Ok(builds
        .into_iter()
        .map(|(projection, position)| (projection, position.unsigned_abs()))
        .collect())
}
