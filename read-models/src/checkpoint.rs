//! Checkpoints: how far each projection has read its stream. A checkpoint moves in the same transaction as the rows.

use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row as _, postgres::PgRow};

/// The channel on which every move of a checkpoint is announced, as `projection:position`.
pub(crate) const CHANNEL: &str = "projection_advanced";

/// Makes the rest of a transaction find rows by their keys, whatever Postgres believes of a table. Of one that has not been
/// analysed since it began to grow it believes that reading all of it is quicker, and keeps to that plan until it is.
macro_rules! by_key {
    () => {
        "set_config('enable_seqscan', 'off', true)"
    };
}
pub(crate) use by_key;

/// Where a projection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The position of the last event that it has folded.
    pub position: u64,
    /// The version of the projector that folded its rows.
    pub version: u32,
}

/// Why a checkpoint did not move.
#[derive(Debug, thiserror::Error)]
pub enum AdvanceError {
    /// The checkpoint is not where this runner left it: another one has moved it. Nothing must be written.
    #[error("the checkpoint of projection {projection} is no longer at {expected}: another runner has moved it")]
    Fenced {
        /// The projection.
        projection: String,
        /// Where this runner believed it to be.
        expected: u64,
    },
    /// The database did not take it.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// How far a projection has read its stream, and which version of it. One that is new stands at 0, in this version.
///
/// # Errors
/// The database cannot be asked.
pub async fn load(pool: &PgPool, projection: &str, stream: &str, version: u32) -> Result<Standing, sqlx::Error> {
    sqlx::query(
        "INSERT INTO projection_checkpoint (projection, stream, position, version) VALUES ($1, $2, 0, $3)
         ON CONFLICT (projection) DO NOTHING",
    )
    .bind(projection)
    .bind(stream)
    .bind(version.cast_signed())
    .execute(pool)
    .await?;
    let (position, version): (i64, i32) =
        sqlx::query_as("SELECT position, version FROM projection_checkpoint WHERE projection = $1")
            .bind(projection)
            .fetch_one(pool)
            .await?;
    Ok(standing(position, version))
}

/// How far a projection's live rows have been folded, as the connection sees it; 0, if they never were. Whoever goes on to
/// read the rows on the same connection reads what that position stands for, or more: no crash of the database comes between.
///
/// # Errors
/// The database cannot be asked.
pub async fn position(connection: &mut PgConnection, projection: &str) -> Result<u64, sqlx::Error> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT position FROM public.projection_checkpoint WHERE projection = $1")
            .bind(projection)
            .fetch_optional(connection)
            .await?;
    Ok(found.map_or(0, i64::unsigned_abs))
}

/// Takes hold of a checkpoint until the transaction ends, wherever it is, to retry what was parked or to put another version
/// in place. Nothing, if there is none.
///
/// # Errors
/// The database cannot be asked.
pub async fn held(transaction: &mut PgConnection, projection: &str) -> Result<Option<Standing>, sqlx::Error> {
    let found: Option<(i64, i32)> =
        sqlx::query_as("SELECT position, version FROM projection_checkpoint WHERE projection = $1 FOR UPDATE")
            .bind(projection)
            .fetch_optional(transaction)
            .await?;
    Ok(found.map(|(position, version)| standing(position, version)))
}

const fn standing(position: i64, version: i32) -> Standing {
    Standing {
        position: position.unsigned_abs(),
        version: version.unsigned_abs(),
    }
}

/// Moves a checkpoint, if it is still where the caller left it, and announces the move when the transaction commits. Whoever
/// folds does this first: it holds the checkpoint until the transaction ends, so that those who fold, retry or replace come
/// one after the other, and the rest of the transaction finds rows by their keys. All of it is one statement, which is a
/// transaction by itself where the caller has begun none.
///
/// Answers whether events of the projection are parked. Whoever parks one more moves the checkpoint with it, so nobody has
/// while it is where the caller left it.
///
/// The commit does not wait for the disk. What a crash of the database takes of the rows it takes of the checkpoint, too,
/// and whoever went on from a checkpoint that is gone is fenced off and folds from the one that is there.
///
/// # Errors
/// Another runner has moved it, or the database did not take it. Either way the transaction must be given up.
pub async fn advance(
    transaction: &mut PgConnection,
    projection: &str,
    from: Standing,
    to: u64,
) -> Result<bool, AdvanceError> {
    let has_parked = sqlx::query(concat!(
        "WITH moved AS (UPDATE projection_checkpoint SET position = $4
                        WHERE projection = $1 AND position = $2 AND version = $3 RETURNING projection)
         SELECT EXISTS (SELECT FROM parked_event WHERE projection = $1), pg_notify($5, $6),
                set_config('synchronous_commit', 'off', true), ",
        by_key!(),
        " FROM moved"
    ))
    .bind(projection)
    .bind(from.position.cast_signed())
    .bind(from.version.cast_signed())
    .bind(to.cast_signed())
    .bind(CHANNEL)
    .bind(announcement(projection, to))
    .try_map(|row: PgRow| row.try_get(0))
    .fetch_optional(transaction)
    .await?;
    has_parked.ok_or_else(|| AdvanceError::Fenced {
        projection: projection.to_owned(),
        expected: from.position,
    })
}

/// Counts the live rows that a list tells of, and keeps beside the checkpoint how many they are.
///
/// # Errors
/// The database cannot be asked.
pub async fn count_listed(pool: &PgPool, projection: &str, listed: &str) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    // Whoever stores rows has to wait, so that none is left out and none is counted twice.
    let _ = held(&mut transaction, projection).await?;
    let statement = format!(
        "UPDATE projection_checkpoint SET listed = (SELECT count(*) FROM {projection} WHERE {listed})
         WHERE projection = $1"
    );
    sqlx::query(AssertSqlSafe(statement))
        .bind(projection)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// Puts a checkpoint elsewhere, for another version of the rows, and announces it when the transaction commits.
pub(crate) async fn put(
    transaction: &mut PgConnection,
    projection: &str,
    standing: Standing,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE projection_checkpoint SET position = $2, version = $3, replacements = replacements + 1, listed = NULL
         WHERE projection = $1",
    )
    .bind(projection)
    .bind(standing.position.cast_signed())
    .bind(standing.version.cast_signed())
    .execute(&mut *transaction)
    .await?;
    announce(transaction, projection, standing.position).await
}

async fn announce(transaction: &mut PgConnection, projection: &str, position: u64) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(announcement(projection, position))
        .execute(transaction)
        .await
        .map(drop)
}

fn announcement(projection: &str, position: u64) -> String {
    format!("{projection}:{position}")
}
