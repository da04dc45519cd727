//! Parked events: those that a projection could not apply, and those of the same row that wait behind them. They are
//! found in their streams; what stands here is where, and why, and nothing personal.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

/// An event to be parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewParked {
    /// Its position in the stream.
    pub position: u64,
    /// Which it is of the events at that position.
    pub index: u32,
    /// The type and id of its aggregate.
    pub aggregate: String,
    /// The row it touches, if that can be told.
    pub row_key: Option<Uuid>,
    /// Its published name.
    pub event_type: String,
    /// Whether nothing is wrong with it, and it waits for one before it.
    pub waits: bool,
    /// What is wrong with it, or what it waits for.
    pub error: String,
}

/// A parked event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedEvent {
    /// The projection that has not applied it.
    pub projection: String,
    /// Its stream.
    pub stream: String,
    /// Where and why.
    pub event: NewParked,
    /// How often it has been tried.
    pub attempts: u32,
    /// When it was parked.
    pub first_at: DateTime<Utc>,
    /// When it was last tried.
    pub last_at: DateTime<Utc>,
}

impl FromRow<'_, PgRow> for ParkedEvent {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            projection: row.try_get("projection")?,
            stream: row.try_get("stream")?,
            event: NewParked {
                position: row.try_get::<i64, _>("position")?.unsigned_abs(),
                index: row.try_get::<i32, _>("event_index")?.unsigned_abs(),
                aggregate: row.try_get("aggregate")?,
                row_key: row.try_get("row_key")?,
                event_type: row.try_get("event_type")?,
                waits: row.try_get("waits")?,
                error: row.try_get("error")?,
            },
            attempts: row.try_get::<i32, _>("attempts")?.unsigned_abs(),
            first_at: row.try_get("first_at")?,
            last_at: row.try_get("last_at")?,
        })
    }
}

/// What waits behind parked events: rows, and all of an aggregate where the row could not be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocked {
    rows: HashSet<Uuid>,
    aggregates: HashSet<String>,
    /// How many events are parked.
    pub events: usize,
}

impl Blocked {
    /// Whether anything is parked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Whether an event must wait.
    #[must_use]
    pub fn blocks(&self, row_key: Option<Uuid>, aggregate: &str) -> bool {
        row_key.is_some_and(|key| self.rows.contains(&key)) || self.aggregates.contains(aggregate)
    }

    /// Adds what an event that is parked blocks.
    pub fn add(&mut self, row_key: Option<Uuid>, aggregate: &str) {
        self.events += 1;
        match row_key {
            Some(key) => drop(self.rows.insert(key)),
            None => drop(self.aggregates.insert(aggregate.to_owned())),
        }
    }
}

/// What a projection's parked events block, as it stands in the transaction.
///
/// # Errors
/// The database cannot be asked.
pub async fn blocked(transaction: &mut PgConnection, projection: &str) -> Result<Blocked, sqlx::Error> {
    let parked: Vec<(Option<Uuid>, String)> =
        sqlx::query_as("SELECT row_key, aggregate FROM parked_event WHERE projection = $1")
            .bind(projection)
            .fetch_all(transaction)
            .await?;
    let mut blocked = Blocked::default();
    for (row_key, aggregate) in &parked {
        blocked.add(*row_key, aggregate);
    }
    Ok(blocked)
}

/// Parks events. One that is parked already has been tried once more.
///
/// # Errors
/// The database did not take them.
pub async fn park(
    transaction: &mut PgConnection,
    projection: &str,
    stream: &str,
    events: &[NewParked],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO parked_event (projection, stream, position, event_index, aggregate, row_key, event_type, waits, error,
                                   attempts, first_at, last_at)
         SELECT $1, $2, position, event_index, aggregate, row_key, event_type, waits, error, CASE WHEN waits THEN 0 ELSE 1 END,
                now(), now()
         FROM UNNEST($3::bigint[], $4::integer[], $5::text[], $6::uuid[], $7::text[], $8::boolean[], $9::text[])
              AS parked (position, event_index, aggregate, row_key, event_type, waits, error)
         ON CONFLICT (projection, position, event_index) DO UPDATE SET
             row_key = EXCLUDED.row_key, waits = EXCLUDED.waits, error = EXCLUDED.error,
             attempts = parked_event.attempts + EXCLUDED.attempts, last_at = EXCLUDED.last_at",
    )
    .bind(projection)
    .bind(stream)
    .bind(events.iter().map(|event| event.position.cast_signed()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.index.cast_signed()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.aggregate.as_str()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.row_key).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.event_type.as_str()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.waits).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.error.as_str()).collect::<Vec<_>>())
    .execute(transaction)
    .await
    .map(drop)
}

/// Takes an event out: it has been applied.
///
/// # Errors
/// The database did not take it.
pub async fn release(
    transaction: &mut PgConnection,
    projection: &str,
    (position, index): (u64, u32),
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM parked_event WHERE projection = $1 AND position = $2 AND event_index = $3")
        .bind(projection)
        .bind(position.cast_signed())
        .bind(index.cast_signed())
        .execute(transaction)
        .await
        .map(drop)
}

/// Gives an event up, and keeps the reason: the first one that is parked at a position. Answers whether there was one.
///
/// # Errors
/// The database did not take it.
pub async fn discard(
    transaction: &mut PgConnection,
    projection: &str,
    position: u64,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    let discarded = sqlx::query(
        "WITH gone AS (DELETE FROM parked_event WHERE projection = $1 AND position = $2 AND event_index =
                           (SELECT min(event_index) FROM parked_event WHERE projection = $1 AND position = $2)
                       RETURNING *)
         INSERT INTO discarded_event (projection, stream, position, event_index, aggregate, event_type, error, reason,
                                      discarded_at)
         SELECT projection, stream, position, event_index, aggregate, event_type, error, $3, now() FROM gone
         ON CONFLICT (projection, position, event_index) DO UPDATE SET
             error = EXCLUDED.error, reason = EXCLUDED.reason, discarded_at = EXCLUDED.discarded_at",
    )
    .bind(projection)
    .bind(position.cast_signed())
    .bind(reason)
    .execute(transaction)
    .await?;
    Ok(discarded.rows_affected() > 0)
}

/// The positions and indexes of events that have been given up, of one projection.
///
/// # Errors
/// The database cannot be asked.
pub async fn discarded(connection: &mut PgConnection, projection: &str) -> Result<HashSet<(u64, u32)>, sqlx::Error> {
    let places: Vec<(i64, i32)> =
        sqlx::query_as("SELECT position, event_index FROM discarded_event WHERE projection = $1")
            .bind(projection)
            .fetch_all(connection)
            .await?;
    let place = |(position, index): (i64, i32)| (position.unsigned_abs(), index.unsigned_abs());
    Ok(places.into_iter().map(place).collect())
}

/// The parked events of one projection, or of all, each in the order of its stream.
///
/// # Errors
/// The database cannot be asked.
pub async fn list(pool: &PgPool, projection: Option<&str>) -> Result<Vec<ParkedEvent>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM parked_event WHERE $1::text IS NULL OR projection = $1
         ORDER BY projection, position, event_index",
    )
    .bind(projection)
    .fetch_all(pool)
    .await
}

/// One parked event, as it stands in the transaction.
///
/// # Errors
/// The database cannot be asked.
pub async fn find(
    transaction: &mut PgConnection,
    projection: &str,
    (position, index): (u64, u32),
) -> Result<Option<ParkedEvent>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM parked_event WHERE projection = $1 AND position = $2 AND event_index = $3")
        .bind(projection)
        .bind(position.cast_signed())
        .bind(index.cast_signed())
        .fetch_optional(transaction)
        .await
}

/// How many events each projection has parked. One that has parked none is left out.
///
/// # Errors
/// The database cannot be asked.
pub async fn counts(connection: &mut PgConnection) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let counts: Vec<(String, i64)> =
        sqlx::query_as("SELECT projection, count(*) FROM parked_event GROUP BY projection")
            .fetch_all(connection)
            .await?;
    Ok(counts
        .into_iter()
        .map(|(projection, count)| (projection, count.unsigned_abs()))
        .collect())
}
