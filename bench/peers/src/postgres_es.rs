//! postgres-es: the operation as its framework carries it out, on PostgreSQL.

use std::collections::HashMap;

use bench_driver::{Attempt, Cell, Operation, body};
use cqrs_es::{
    Aggregate, AggregateContext as _, AggregateError, DomainEvent, EventStore as _, event_sink::EventSink,
    persist::PersistedEventStore,
};
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;

use crate::new_id;

/// More connections than its own pool opens; with two to eight processors, more still gain nothing.
const CONNECTIONS: u32 = 32;

/// As the crate's own `db/init.sql`, without the tables for what is not used here.
const TABLE: &str = "
CREATE TABLE IF NOT EXISTS events (
    aggregate_type text                         NOT NULL,
    aggregate_id   text                         NOT NULL,
    sequence       bigint CHECK (sequence >= 0) NOT NULL,
    event_type     text                         NOT NULL,
    event_version  text                         NOT NULL,
    payload        json                         NOT NULL,
    metadata       json                         NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
)";
const SEED: &str = "
INSERT INTO events
SELECT 'account', id, 1, 'account.credited', '1', $2::json, '{}'::json FROM unnest($1::text[]) id";

/// An account's state: nothing is decided by it but that it exists.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Account {
    events: u64,
}

/// The body that all systems store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Credited {
    note: String,
}

#[derive(Debug)]
struct Never;

impl std::fmt::Display for Never {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("never")
    }
}

impl std::error::Error for Never {}

impl DomainEvent for Credited {
    fn event_type(&self) -> String {
        "account.credited".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = Credited;
    type Event = Credited;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, command: Credited, _: &(), sink: &EventSink<Self>) -> Result<(), Never> {
        sink.write(command, self).await;
        Ok(())
    }

    fn apply(&mut self, _: Credited) {
        self.events += 1;
    }
}

/// The crate as a peer.
pub(crate) struct Peer {
    store: PersistedEventStore<PostgresEventRepository, Account>,
    pool: sqlx::PgPool,
    credit: Credited,
}

impl Peer {
    pub(crate) async fn connect(cell: &Cell) -> anyhow::Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect(&cell.url)
            .await?;
        sqlx::query(TABLE).execute(&pool).await?;
        Ok(Self {
            store: PersistedEventStore::new_event_store(PostgresEventRepository::new(pool.clone())),
            pool,
            credit: serde_json::from_str(&body(cell.event_bytes))?,
        })
    }
}

impl Operation for Peer {
    async fn seed(&self, aggregates: &[String]) -> Result<(), String> {
        let body = serde_json::to_value(&self.credit).map_err(|error| error.to_string())?;
        let seeded = sqlx::query(SEED).bind(aggregates).bind(body).execute(&self.pool).await;
        seeded.map(|_| ()).map_err(|error| error.to_string())
    }

    /// What `CqrsFramework::execute` does, which does not tell the version.
    async fn attempt(&self, aggregate: &str, _again: bool) -> Result<Attempt, String> {
        let loaded = self.store.load_aggregate(aggregate).await;
        let mut context = loaded.map_err(|error| error.to_string())?;
        let sink = EventSink::default();
        let account = context.aggregate();
        let handled = account.handle(self.credit.clone(), &(), &sink).await;
        handled.map_err(|error| error.to_string())?;
        let metadata = HashMap::from([
            ("actor".to_owned(), "bench".to_owned()),
            ("correlationid".to_owned(), new_id().to_string()),
            ("time".to_owned(), "2027-01-11T15:00:00.123456Z".to_owned()),
        ]);
        match self.store.commit(sink.collect().await, context, metadata).await {
            Ok(events) => Ok(Attempt::Stored {
                version: events.last().map_or(0, |event| event.sequence as u64),
            }),
            Err(AggregateError::AggregateConflict) => Ok(Attempt::Conflict),
            Err(error) => Err(error.to_string()),
        }
    }
}
