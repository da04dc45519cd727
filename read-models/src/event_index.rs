//! The `event_index_…` tables: where each event of the log stands, one table a stream and one row an event. Envelopes only:
//! what happened to whom is told by opaque ids and the names of events.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow, PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::ProjectedRow;

/// The index of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexTable {
    /// Of patients.
    Patients,
    /// Of practitioners and appointments.
    Scheduling,
    /// Of prescriptions.
    Prescribing,
    /// Of accounts and invoices.
    Billing,
}

impl IndexTable {
    /// Every index, in the order of the streams.
    pub const ALL: [Self; 4] = [Self::Patients, Self::Scheduling, Self::Prescribing, Self::Billing];

    /// Its table, and the projection that keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patients => "event_index_patients",
            Self::Scheduling => "event_index_scheduling",
            Self::Prescribing => "event_index_prescribing",
            Self::Billing => "event_index_billing",
        }
    }
}

/// Where an event stands: the position of its commit in the stream, and its place in the commit.
pub type Place = (u64, u32);

/// An event, as its envelope tells of it, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedEvent {
    /// The index that it is in.
    pub table: IndexTable,
    /// Its own id.
    pub event_id: Uuid,
    /// The type of its aggregate.
    pub aggregate_type: String,
    /// The id of its aggregate.
    pub aggregate_id: String,
    /// The version of its aggregate after it.
    pub version: i64,
    /// Its published name.
    pub event_type: String,
    /// The version of its body's schema.
    pub schema_version: i32,
    /// When its command was decided.
    pub time: DateTime<Utc>,
    /// What ties together everything that one request set off.
    pub correlation_id: Uuid,
    /// The event that its command reacts to, if it reacts to one.
    pub causation_id: Option<Uuid>,
    /// The position of its commit.
    pub position: i64,
    /// Its place in the commit, from 0.
    pub index_in_commit: i32,
}

impl IndexedEvent {
    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> Place {
        (self.position.unsigned_abs(), self.index_in_commit.unsigned_abs())
    }

    fn of(table: IndexTable, row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            table,
            event_id: row.try_get("event_id")?,
            aggregate_type: row.try_get("aggregate_type")?,
            aggregate_id: row.try_get("aggregate_id")?,
            version: row.try_get("version")?,
            event_type: row.try_get("event_type")?,
            schema_version: row.try_get("schema_version")?,
            time: row.try_get("time")?,
            correlation_id: row.try_get("correlation_id")?,
            causation_id: row.try_get("causation_id")?,
            position: row.try_get("position")?,
            index_in_commit: row.try_get("index_in_commit")?,
        })
    }
}

struct PlaceRow(Place);

impl FromRow<'_, PgRow> for PlaceRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let (position, index): (i64, i32) = (row.try_get("position")?, row.try_get("index_in_commit")?);
        Ok(Self((position.unsigned_abs(), index.unsigned_abs())))
    }
}

/// Where the events of an aggregate stand, in the order of its versions.
///
/// A caller that has read the checkpoint on the same connection is told of all events up to there, or more.
///
/// # Errors
/// The database cannot be asked.
pub async fn of_aggregate(
    connection: &mut PgConnection,
    table: IndexTable,
    aggregate_type: &str,
    aggregate_id: &str,
) -> Result<Vec<Place>, sqlx::Error> {
    let statement = format!(
        "SELECT position, index_in_commit FROM {} WHERE aggregate_type = $1 AND aggregate_id = $2 ORDER BY version",
        table.name()
    );
    let rows: Vec<PlaceRow> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(aggregate_type)
        .bind(aggregate_id)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|PlaceRow(place)| place).collect())
}

/// The events of a correlation in one stream, in its order, and at most so many of them.
///
/// # Errors
/// The database cannot be asked.
pub async fn of_correlation(
    connection: &mut PgConnection,
    table: IndexTable,
    correlation_id: Uuid,
    most: usize,
) -> Result<Vec<IndexedEvent>, sqlx::Error> {
    let statement = format!(
        "SELECT * FROM {} WHERE correlation_id = $1 ORDER BY position, index_in_commit LIMIT $2",
        table.name()
    );
    sqlx::query(AssertSqlSafe(statement))
        .bind(correlation_id)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .try_map(|row: PgRow| IndexedEvent::of(table, &row))
        .fetch_all(connection)
        .await
}

/// Those of some aggregates of one type that have an event of a type.
///
/// # Errors
/// The database cannot be asked.
pub async fn with_event(
    connection: &mut PgConnection,
    table: IndexTable,
    aggregate_type: &str,
    aggregate_ids: &[String],
    event_type: &str,
) -> Result<Vec<String>, sqlx::Error> {
    let statement = format!(
        "SELECT DISTINCT aggregate_id FROM {}
         WHERE aggregate_type = $1 AND aggregate_id = ANY($2) AND event_type = $3",
        table.name()
    );
    sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(aggregate_type)
        .bind(aggregate_ids)
        .bind(event_type)
        .fetch_all(connection)
        .await
}

impl ProjectedRow for IndexedEvent {
    fn id(&self) -> Uuid {
        self.event_id
    }

    /// A row is made whole by the one event it is about: nothing that is there is needed to make it.
    async fn load(_transaction: &mut PgConnection, _ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        Ok(Vec::new())
    }

    /// All rows are of one table: a projection keeps one.
    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        let Some(table) = rows.first().map(|row| row.table) else {
            return Ok(());
        };
        let statement = format!(
            "INSERT INTO {} (event_id, aggregate_type, aggregate_id, version, event_type, schema_version, time,
                             correlation_id, causation_id, position, index_in_commit)
             SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[],
                                  $7::timestamptz[], $8::uuid[], $9::uuid[], $10::bigint[], $11::integer[])
             ON CONFLICT (event_id) DO UPDATE SET
                 aggregate_type = EXCLUDED.aggregate_type, aggregate_id = EXCLUDED.aggregate_id,
                 version = EXCLUDED.version, event_type = EXCLUDED.event_type,
                 schema_version = EXCLUDED.schema_version, time = EXCLUDED.time,
                 correlation_id = EXCLUDED.correlation_id, causation_id = EXCLUDED.causation_id,
                 position = EXCLUDED.position, index_in_commit = EXCLUDED.index_in_commit",
            table.name()
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(rows.iter().map(|row| row.event_id).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.aggregate_type.as_str()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.aggregate_id.as_str()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.event_type.as_str()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.schema_version).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.time).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.correlation_id).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.causation_id).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.position).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.index_in_commit).collect::<Vec<_>>())
            .execute(transaction)
            .await
            .map(drop)
    }
}
