//! Checkpoints: how far each projection has read its stream. A checkpoint moves in the same transaction as the rows.

use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row as _, postgres::PgRow};

/// The channel on which every move of checkpoints is announced, as `projection,projection:position`.
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

/// A checkpoint, as it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Where the projection stands.
    pub standing: Standing,
    /// The hash of the commit at that position, if it is known.
    pub hash: Option<String>,
}

/// A checkpoint that has moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The projection.
    pub projection: String,
    /// Whether events of the projection are parked.
    pub has_parked: bool,
}

/// How far a projection has read its stream, and which version of it. One that is new stands at 0, in this version.
///
/// # Errors
/// The database cannot be asked.
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

/// Moves the checkpoints of projections to one position, each if it is still where the caller left it, and announces the move
/// when the transaction commits. A folding transaction does this first: it holds the checkpoints until the transaction ends, so that
/// those who fold, retry or replace come one after the other, and the rest of the transaction finds rows by their keys. All
/// of it is one statement, which is a transaction by itself where the caller has begun none.
///
/// Answers which have moved. Of those that have not, another runner has moved the checkpoint, and no row must be written.
/// Whoever parks an event moves the checkpoint with it, so nobody has while it is where the caller left it.
///
/// The commit does not wait for the disk. What a crash of the database takes of the rows it takes of the checkpoint, too,
/// and a runner that went on from a checkpoint that is gone is fenced off and folds from the one that is there.
///
/// # Errors
/// The database did not take it. The transaction must be given up.
pub async fn advance(
    transaction: &mut PgConnection,
    left: &[(&str, Standing)],
    to: u64,
    hash: Option<&str>,
) -> Result<Vec<Moved>, sqlx::Error> {
    let moved: Option<(Vec<String>, Vec<bool>)> = sqlx::query(concat!(
        // In one order everywhere, so that two runners cannot wait for each other.
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
