//! Parked events: events that a projection could not apply, and later events of the same row that wait for them. The
//! table holds their places and errors, and no personal data; the events themselves stay in their streams.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

/// An event to park.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewParked {
    /// The position in the stream.
    pub position: u64,
    /// The index among the events at that position.
    pub index: u32,
    /// The aggregate's type and id.
    pub aggregate: String,
    /// The key of the affected row, if known.
    pub row_key: Option<Uuid>,
    /// The event's published name.
    pub event_type: String,
    /// Whether the event only waits for an earlier one.
    pub waits: bool,
    /// The error, or what the event waits for.
    pub error: String,
}

/// A parked event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedEvent {
    /// The projection.
    pub projection: String,
    /// The stream.
    pub stream: String,
    /// The place and the error.
    pub event: NewParked,
    /// The number of attempts.
    pub attempts: u32,
    /// The time of the first attempt.
    pub first_at: DateTime<Utc>,
    /// The time of the last attempt.
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

/// The rows that parked events block, and the aggregates of parked events whose row is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocked {
    rows: HashSet<Uuid>,
    aggregates: HashSet<String>,
    /// The number of parked events.
    pub events: usize,
}

impl Blocked {
    /// Whether anything is parked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Whether an event must wait for a parked one.
    #[must_use]
    pub fn blocks(&self, row_key: Option<Uuid>, aggregate: &str) -> bool {
        row_key.is_some_and(|key| self.rows.contains(&key)) || self.aggregates.contains(aggregate)
    }

    /// Adds the row or aggregate that a parked event blocks.
    pub fn add(&mut self, row_key: Option<Uuid>, aggregate: &str) {
        self.events += 1;
        match row_key {
            Some(key) => drop(self.rows.insert(key)),
            None => drop(self.aggregates.insert(aggregate.to_owned())),
        }
    }
}

/// Returns what a projection's parked events block, as seen by the transaction.
///
/// # Errors
/// The database cannot be queried.
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

/// Parks events. For an event that is already parked, it counts another attempt.
///
/// # Errors
/// The database write failed.
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

/// Removes an event that has been applied.
///
/// # Errors
/// The database write failed.
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

/// Discards the first parked event at a position, and stores the reason. Returns whether there was one.
///
/// # Errors
/// The database write failed.
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

/// Returns the positions and indexes of a projection's discarded events.
///
/// # Errors
/// The database cannot be queried.
pub async fn discarded(connection: &mut PgConnection, projection: &str) -> Result<HashSet<(u64, u32)>, sqlx::Error> {
    let places: Vec<(i64, i32)> =
        sqlx::query_as("SELECT position, event_index FROM discarded_event WHERE projection = $1")
            .bind(projection)
            .fetch_all(connection)
            .await?;
    let place = |(position, index): (i64, i32)| (position.unsigned_abs(), index.unsigned_abs());
    Ok(places.into_iter().map(place).collect())
}

/// Returns the parked events of one or all projections, in stream order.
///
/// # Errors
/// The database cannot be queried.
pub async fn list(pool: &PgPool, projection: Option<&str>) -> Result<Vec<ParkedEvent>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM parked_event WHERE $1::text IS NULL OR projection = $1
         ORDER BY projection, position, event_index",
    )
    .bind(projection)
    .fetch_all(pool)
    .await
}

/// Finds a parked event, as seen by the transaction.
///
/// # Errors
/// The database cannot be queried.
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

/// Returns the number of parked events of each projection that has any.
///
/// # Errors
/// The database cannot be queried.
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
