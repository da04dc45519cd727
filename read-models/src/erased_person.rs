//! The `erased_person` table: who has been erased, so that the rows of other streams about them hold no personal text.
//!
//! Streams are folded independently of each other, so a row about a person may be written before or after the fold
//! learns that they were erased. Both end alike: whoever marks a person blanks the rows that are there, and whoever
//! writes rows later leaves out what is personal. A lock orders the two; without it each could miss the other.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::ProjectedRow;

/// The advisory lock that orders erasures and writes of personal text: shared by those who write, alone for those who
/// erase. It is held to the end of the transaction.
const LOCK: i64 = 0x0e7a_5ed0;

/// A person who has been erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedPersonRow {
    /// The person's id.
    pub id: Uuid,
    /// When they were erased.
    pub erased_at: DateTime<Utc>,
}

impl FromRow<'_, PgRow> for ErasedPersonRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            erased_at: row.try_get("erased_at")?,
        })
    }
}

/// Which of these people have been erased. Nobody is added until the transaction ends.
pub(crate) async fn among(transaction: &mut PgConnection, people: Vec<Uuid>) -> Result<HashSet<Uuid>, sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock_shared($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await?;
    let erased: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM erased_person WHERE id = ANY($1)")
        .bind(people)
        .fetch_all(transaction)
        .await?;
    Ok(erased.into_iter().collect())
}

/// What is personal in the rows of other streams, blanked for the people in `$1`. Each statement leaves a row as a fold
/// of the same events without the personal fields would have made it.
const BLANK: [&str; 3] = [
    "UPDATE prescription SET medicines = NULL, notes = NULL, reason_text = NULL WHERE patient_id = ANY($1)",
    "UPDATE ledger_posting SET reason = NULL WHERE account_id = ANY($1)",
    "UPDATE invoice SET
         lines = (SELECT coalesce(jsonb_agg(line || '{\"description\": null}' ORDER BY at), '[]')
                  FROM jsonb_array_elements(lines) WITH ORDINALITY AS every(line, at)),
         credit_notes = (SELECT coalesce(jsonb_agg(note || '{\"reason\": null}' ORDER BY at), '[]')
                         FROM jsonb_array_elements(credit_notes) WITH ORDINALITY AS every(note, at)),
         cancel_reason = NULL
     WHERE patient_id = ANY($1)",
];

impl ProjectedRow for ErasedPersonRow {
    fn id(&self) -> Uuid {
        self.id
    }

    async fn load(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM erased_person WHERE id = ANY($1)")
            .bind(ids)
            .fetch_all(transaction)
            .await
    }

    /// Marks people as erased, and blanks what is there about them.
    async fn store(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        let people: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(LOCK)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO erased_person (id, erased_at) SELECT * FROM UNNEST($1::uuid[], $2::timestamptz[])
         ON CONFLICT (id) DO UPDATE SET erased_at = EXCLUDED.erased_at",
        )
        .bind(&people)
        .bind(rows.iter().map(|row| row.erased_at).collect::<Vec<_>>())
        .execute(&mut *transaction)
        .await?;
        for statement in BLANK {
            sqlx::query(statement).bind(&people).execute(&mut *transaction).await?;
        }
        Ok(())
    }
}
