//! Checkpoints: how far each projection has read its stream. A checkpoint moves in the same transaction as the rows.

use sqlx::{PgConnection, PgPool};

/// The channel on which every move of a checkpoint is announced, as `projection:position`.
pub(crate) const CHANNEL: &str = "projection_advanced";

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

/// How far a projection has read its stream. A projection that is new stands at 0.
///
/// # Errors
/// The database cannot be asked.
pub async fn load(pool: &PgPool, projection: &str, stream: &str) -> Result<u64, sqlx::Error> {
    sqlx::query("INSERT INTO projection_checkpoint VALUES ($1, $2, 0) ON CONFLICT (projection) DO NOTHING")
        .bind(projection)
        .bind(stream)
        .execute(pool)
        .await?;
    let position: i64 = sqlx::query_scalar("SELECT position FROM projection_checkpoint WHERE projection = $1")
        .bind(projection)
        .fetch_one(pool)
        .await?;
    Ok(position.unsigned_abs())
}

/// Moves a checkpoint, if it is still where the caller left it, and announces the move when the transaction commits.
///
/// # Errors
/// Another runner has moved it, or the database did not take it. Either way the transaction must be given up.
pub async fn advance(transaction: &mut PgConnection, projection: &str, from: u64, to: u64) -> Result<(), AdvanceError> {
    let moved = sqlx::query("UPDATE projection_checkpoint SET position = $3 WHERE projection = $1 AND position = $2")
        .bind(projection)
        .bind(from.cast_signed())
        .bind(to.cast_signed())
        .execute(&mut *transaction)
        .await?;
    if moved.rows_affected() != 1 {
        return Err(AdvanceError::Fenced {
            projection: projection.to_owned(),
            expected: from,
        });
    }
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(format!("{projection}:{to}"))
        .execute(transaction)
        .await?;
    Ok(())
}
