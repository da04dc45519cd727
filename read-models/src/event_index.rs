//! The `event_index_…` tables locate every event of the log: one table per stream, one row per event. They hold
//! envelope data only: opaque ids and event names.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::{
    ProjectedRow, table,
    table::{Table, TableRow as _},
};

/// The index of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexTable {
    /// The stream of patients.
    Patients,
    /// The stream of practitioners and appointments.
    Scheduling,
    /// The stream of prescriptions.
    Prescribing,
    /// The stream of accounts and invoices.
    Billing,
}

impl IndexTable {
    /// All indexes, in the order of the streams.
    pub const ALL: [Self; 4] = [Self::Patients, Self::Scheduling, Self::Prescribing, Self::Billing];

    /// The name of its table, which is also the name of its projection.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.table().name
    }

    /// Its table. All index tables have the columns of [`IndexedEvent`].
    pub(crate) const fn table(self) -> &'static Table {
        const fn named(name: &'static str) -> Table {
            Table {
                name,
                ..*IndexedEvent::TABLE
            }
        }
        const PATIENTS: Table = named("event_index_patients");
        const SCHEDULING: Table = named("event_index_scheduling");
        const PRESCRIBING: Table = named("event_index_prescribing");
        const BILLING: Table = named("event_index_billing");
        match self {
            Self::Patients => &PATIENTS,
            Self::Scheduling => &SCHEDULING,
            Self::Prescribing => &PRESCRIBING,
            Self::Billing => &BILLING,
        }
    }
}

/// The place of an event: the position of its commit in the stream, and its index in the commit.
pub type Place = (u64, u32);

/// A row of an index, and its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexRow {
    /// The table.
    pub table: IndexTable,
    /// The event.
    pub event: IndexedEvent,
}

table! {
    name: "event_index", key: [event_id], about: nobody, owners: [];
    /// The envelope of an event, and its place.
    pub struct IndexedEvent {
        /// The event's id.
        pub event_id: Uuid,
        /// The aggregate's type.
        pub aggregate_type: String => impersonal,
        /// The aggregate's id.
        pub aggregate_id: String => impersonal,
        /// The aggregate's version after the event.
        pub version: i64,
        /// The event's published name.
        pub event_type: String => impersonal,
        /// The schema version of the body.
        pub schema_version: i32,
        /// The time at which the command was decided.
        pub time: DateTime<Utc>,
        /// The correlation id, shared by all events that result from one request.
        pub correlation_id: Uuid,
        /// The event that the command reacted to, if any.
        pub causation_id: Option<Uuid>,
        /// The position of the commit.
        pub position: i64,
        /// The event's index in the commit, from 0.
        pub index_in_commit: i32,
    }
}

/// Returns the places of an aggregate's events, in version order.
///
/// If the caller has read the checkpoint on the same connection, the result includes all events up to that position.
///
/// # Errors
/// The database cannot be queried.
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
    let places = sqlx::query_as(AssertSqlSafe(statement))
        .bind(aggregate_type)
        .bind(aggregate_id)
        .fetch_all(connection)
        .await?;
    Ok(places.into_iter().map(place).collect())
}

/// Returns the places of a correlation's events in one stream, in stream order, limited in number.
///
/// # Errors
/// The database cannot be queried.
pub async fn of_correlation(
    connection: &mut PgConnection,
    table: IndexTable,
    correlation_id: Uuid,
    most: usize,
) -> Result<Vec<Place>, sqlx::Error> {
    let statement = format!(
        "SELECT position, index_in_commit FROM {} WHERE correlation_id = $1
         ORDER BY position, index_in_commit LIMIT $2",
        table.name()
    );
    let places = sqlx::query_as(AssertSqlSafe(statement))
        .bind(correlation_id)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await?;
    Ok(places.into_iter().map(place).collect())
}

fn place((position, index): (i64, i32)) -> Place {
    (position.unsigned_abs(), index.unsigned_abs())
}

/// Returns those of the given aggregates that have an event of a type.
///
/// # Errors
/// The database cannot be queried.
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

impl ProjectedRow for IndexRow {
    fn id(&self) -> Uuid {
        self.event.event_id
    }

    /// A row depends only on its own event, so no stored rows are needed.
    async fn load(_transaction: &mut PgConnection, _ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        Ok(Vec::new())
    }

    /// All rows belong to one table, because a projection maintains one table.
    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        let Some(table) = rows.first().map(|row| row.table.table()) else {
            return Ok(());
        };
        let events: Vec<IndexedEvent> = rows.iter().map(|row| row.event.clone()).collect();
        table::write_to(table, transaction, &events).await
    }
}
