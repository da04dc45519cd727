//! The operation under test: load an account, decide, commit at the version that was loaded.

use bench_driver::{Attempt, Cell, Groups, Operation, body};
use bytes::Bytes;
use event_store::{Append, AppendError, Consistency, EventHash, EventStore, Write};
use platform::{Clock, metrics::Metrics};

use super::store::{ACCOUNTS, account, event, first_event, metadata, open};

/// The store's metric of the events that are committed together.
const GROUP_EVENTS: &str = "event_store_group_events";
/// How many accounts one append makes.
const SEEDED_AT_ONCE: usize = 500;

/// The event store as a contestant.
#[derive(Debug)]
pub(crate) struct Contestant {
    store: EventStore,
    clock: Clock,
    body: Bytes,
    /// Recorded as in a service, where it has its price too.
    metrics: Metrics,
}

impl Contestant {
    pub(crate) async fn connect(cell: &Cell) -> anyhow::Result<Self> {
        Ok(Self {
            store: open(&cell.url, &[&ACCOUNTS]).await?,
            clock: Clock::system(),
            body: body(cell.event_bytes).into(),
            metrics: Metrics::install()?,
        })
    }

    /// The whole of what is measured. Whoever teaches the store a shorter way changes it here.
    async fn load_decide_commit(&self, id: &str, again: bool) -> Result<Attempt, String> {
        // As the services do: a conflict says that there is something which a replica may not show yet.
        let consistency = if again { Consistency::Leader } else { Consistency::Any };
        let account = account(id)?;
        let events = self
            .store
            .load(&account, consistency)
            .await
            .map_err(|error| error.to_string())?;
        let (version, hash) = events
            .last()
            .map_or((0, EventHash::GENESIS), |last| (last.version, last.hash()));
        let append = Append {
            stream: &ACCOUNTS,
            writes: vec![Write {
                aggregate: account,
                expected_version: version,
                previous_hash: hash,
                events: vec![event(&self.body)],
            }],
            metadata: metadata(&self.clock),
        };
        match self.store.append(append).await {
            Ok(_) => Ok(Attempt::Stored { version: version + 1 }),
            Err(AppendError::Conflict) => Ok(Attempt::Conflict),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Operation for Contestant {
    async fn seed(&self, aggregates: &[String]) -> Result<(), String> {
        for ids in aggregates.chunks(SEEDED_AT_ONCE) {
            let writes = ids.iter().map(|id| first_event(id, &self.body));
            let append = Append {
                stream: &ACCOUNTS,
                writes: writes.collect::<Result<_, _>>()?,
                metadata: metadata(&self.clock),
            };
            self.store.append(append).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    async fn attempt(&self, aggregate: &str, again: bool) -> Result<Attempt, String> {
        self.load_decide_commit(aggregate, again).await
    }

    fn groups(&self) -> Option<Groups> {
        let page = self.metrics.render();
        let value = |suffix: &str| {
            let name = format!("{GROUP_EVENTS}_{suffix} ");
            page.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok())
        };
        Some(Groups {
            groups: value("count")?,
            events: value("sum")?,
        })
    }
}
