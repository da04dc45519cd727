//! The `event_index_…` tables: where each event of the log stands, one table a stream and one row an event. Envelopes only:
//! what happened to whom is told by opaque ids and the names of events.

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

    /// The name of its table, and of the projection that keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.table().name
    }

    /// Its table. All have the columns of [`IndexedEvent`].
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

/// Where an event stands: the position of its commit in the stream, and its place in the commit.
pub type Place = (u64, u32);

/// A row of an index: an event, and the table that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexRow {
    /// The table.
    pub table: IndexTable,
    /// The event.
    pub event: IndexedEvent,
}

table! {
    name: "event_index", key: [event_id], about: nobody;
    /// An event, as its envelope tells of it, and where it stands.
    pub struct IndexedEvent {
        /// Its own id.
        pub event_id: Uuid,
        /// The type of its aggregate.
        pub aggregate_type: String => impersonal,
        /// The id of its aggregate.
        pub aggregate_id: String => impersonal,
        /// The version of its aggregate after it.
        pub version: i64,
        /// Its published name.
        pub event_type: String => impersonal,
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
    let places = sqlx::query_as(AssertSqlSafe(statement))
        .bind(aggregate_type)
        .bind(aggregate_id)
        .fetch_all(connection)
        .await?;
    Ok(places.into_iter().map(place).collect())
}

/// Where the events of a correlation stand in one stream, in its order, and at most so many of them.
///
/// # Errors
/// The database cannot be asked.
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

impl ProjectedRow for IndexRow {
    fn id(&self) -> Uuid {
        self.event.event_id
    }

    /// A row is made whole by the one event it is about: nothing that is there is needed to make it.
    async fn load(_transaction: &mut PgConnection, _ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        Ok(Vec::new())
    }

    /// All rows are of one table: a projection keeps one.
    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        let Some(table) = rows.first().map(|row| row.table.table()) else {
            return Ok(());
        };
        let events: Vec<IndexedEvent> = rows.iter().map(|row| row.event.clone()).collect();
        table::write_to(table, transaction, &events).await
    }
}
