//! Checkpoints: how far each projection has read its stream. A checkpoint moves in the same transaction as the rows.

use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row as _, postgres::PgRow};

/// The channel on which every move of checkpoints is announced, as `projection,projection:position`.
pub(crate) const CHANNEL: &str = "projection_advanced";

/// Makes the rest of a transaction find rows by index. Without statistics on a growing table, Postgres considers a
/// sequential scan faster, and keeps that plan until the table is analysed.
macro_rules! by_key {
    () => {
        "set_config('enable_seqscan', 'off', true)"
    };
}
pub(crate) use by_key;

/// The position and version of a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The position of the last folded event.
    pub position: u64,
    /// The version of the projector that folded its rows.
    pub version: u32,
}

/// A stored checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The position and version.
    pub standing: Standing,
    /// The hash of the commit at that position, if known.
    pub hash: Option<String>,
}

/// An advanced checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The projection.
    pub projection: String,
    /// Whether the projection has parked events.
    pub has_parked: bool,
}

/// Loads a projection's checkpoint. A new projection starts at position 0 with this version.
///
/// # Errors
/// The database cannot be queried.
pub async fn load(pool: &PgPool, projection: &str, stream: &str, version: u32) -> Result<Loaded, sqlx::Error> {
    sqlx::query(
        "INSERT INTO projection_checkpoint (projection, stream, position, version) VALUES ($1, $2, 0, $3)
         ON CONFLICT (projection) DO NOTHING",
    )
    .bind(projection)
    .bind(stream)
    .bind(version.cast_signed())
    .execute(pool)
    .await?;
    let (position, version, hash): (i64, i32, Option<String>) =
        sqlx::query_as("SELECT position, version, hash FROM projection_checkpoint WHERE projection = $1")
            .bind(projection)
            .fetch_one(pool)
            .await?;
    Ok(Loaded {
        standing: standing(position, version),
        hash,
    })
}

/// Returns the position of a projection's live rows on this connection, or 0 if there is no checkpoint. Rows that the
/// same connection reads later are at least at that position: a crash of the database would break the connection.
///
/// # Errors
/// The database cannot be queried.
pub async fn position(connection: &mut PgConnection, projection: &str) -> Result<u64, sqlx::Error> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT position FROM public.projection_checkpoint WHERE projection = $1")
            .bind(projection)
            .fetch_optional(connection)
            .await?;
    Ok(found.map_or(0, i64::unsigned_abs))
}

/// Locks a checkpoint until the transaction ends, whatever its position, to retry parked events or to put another
/// version in place. `None` if there is no checkpoint.
///
/// # Errors
/// The database cannot be queried.
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

/// Advances the checkpoints of several projections to one position, each only if it is still at the caller's last
/// position, and announces the move when the transaction commits. A folding transaction calls this first. It locks the
/// checkpoints until the transaction ends, which serializes folding, retries and replacements, and makes the rest of
/// the transaction find rows by index. It is a single statement, which is its own transaction if the caller has begun
/// none.
///
/// Returns the advanced checkpoints. For the others, another runner has moved the checkpoint, and the caller must not
/// write rows. Parking an event moves the checkpoint too, so an unmoved checkpoint means unchanged parked events.
///
/// The commit is asynchronous. A crash of the database that loses rows also loses the checkpoint. A runner that
/// continues from a lost checkpoint is fenced off and resumes from the stored one.
///
/// # Errors
/// The database write failed. The caller must roll the transaction back.
pub async fn advance(
    transaction: &mut PgConnection,
    left: &[(&str, Standing)],
    to: u64,
    hash: Option<&str>,
) -> Result<Vec<Moved>, sqlx::Error> {
    let moved: Option<(Vec<String>, Vec<bool>)> = sqlx::query(concat!(
        // The same order everywhere prevents deadlocks between runners.
        "WITH held AS (SELECT projection
                       FROM UNNEST($1::text[], $2::bigint[], $3::integer[]) AS left_at (projection, position, version)
                       JOIN projection_checkpoint checkpoint USING (projection, position, version)
                       ORDER BY projection FOR UPDATE OF checkpoint),
              moved AS (UPDATE projection_checkpoint checkpoint SET position = $4, hash = $5
                        FROM held WHERE checkpoint.projection = held.projection RETURNING checkpoint.projection)
         SELECT array_agg(projection),
                array_agg(EXISTS (SELECT FROM parked_event parked WHERE parked.projection = moved.projection)),
                pg_notify($6, concat(string_agg(projection, ',' ORDER BY projection), ':', $4)),
                set_config('synchronous_commit', 'off', true), ",
        by_key!(),
        " FROM moved HAVING count(*) > 0"
    ))
    .bind(left.iter().map(|(projection, _)| *projection).collect::<Vec<_>>())
    .bind(
        left.iter()
            .map(|(_, from)| from.position.cast_signed())
            .collect::<Vec<_>>(),
    )
    .bind(
        left.iter()
            .map(|(_, from)| from.version.cast_signed())
            .collect::<Vec<_>>(),
    )
    .bind(to.cast_signed())
    .bind(hash)
    .bind(CHANNEL)
    .try_map(|row: PgRow| Ok((row.try_get(0)?, row.try_get(1)?)))
    .fetch_optional(transaction)
    .await?;
    let (projections, parked) = moved.unwrap_or_default();
    let moved = projections.into_iter().zip(parked);
    Ok(moved
        .map(|(projection, has_parked)| Moved { projection, has_parked })
        .collect())
}

/// Counts the live rows that lists show, and stores the count with the checkpoint.
///
/// # Errors
/// The database cannot be queried.
pub async fn count_listed(pool: &PgPool, projection: &str, listed: &str) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    // Writers wait for this lock, so that each row is counted exactly once.
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

/// Sets a checkpoint to the position of another version of the rows, and announces it when the transaction commits.
pub(crate) async fn put(
    transaction: &mut PgConnection,
    projection: &str,
    standing: Standing,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE projection_checkpoint SET position = $2, version = $3, replacements = replacements + 1, listed = NULL,
             hash = CASE WHEN position = $2 THEN hash END
         WHERE projection = $1",
    )
    .bind(projection)
    .bind(standing.position.cast_signed())
    .bind(standing.version.cast_signed())
    .execute(&mut *transaction)
    .await?;
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(format!("{projection}:{}", standing.position))
        .execute(transaction)
        .await
        .map(drop)
}
