//! The operation under test: load an account, decide, commit at the version that was loaded.

use std::sync::Arc;

use bench_driver::{Attempt, Cell, Groups, Operation, body};
use bytes::Bytes;
use event_store::{Append, AppendError, Consistency, EventStore, Freshness, Loaded, RecordedEvent, Write};
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

    /// The whole of what is measured: what a service does for a command.
    async fn load_decide_commit(&self, id: &str, again: bool) -> Result<Attempt, String> {
        let freshness = match again {
            false => Freshness::Remembered,
            true => Freshness::Read(Consistency::Leader),
        };
        let account = account(id)?;
        let loaded = self.store.load_to_write(&account, freshness, &count).await;
        let mut loaded: Loaded<u64> = loaded.map_err(|error| error.to_string())?;
        let _turn = loaded.take_turn();
        let new_event = event(&self.body);
        let append = Append {
            stream: &ACCOUNTS,
            writes: vec![Write {
                aggregate: account.clone(),
                expected_version: loaded.head().version,
                previous_hash: loaded.head().hash,
                events: vec![new_event.clone()],
            }],
            metadata: metadata(&self.clock),
        };
        loaded.evolve(&new_event, |events: &mut u64, _| *events += 1);
        match self.store.append(append).await {
            Ok(appended) => {
                self.store.remember(&account, loaded.shared_state(), appended.heads[0]);
                Ok(Attempt::Stored {
                    version: loaded.version(),
                })
            }
            Err(error) => {
                self.store.forget(&account);
                match error {
                    AppendError::Conflict => Ok(Attempt::Conflict),
                    error => Err(error.to_string()),
                }
            }
        }
    }
}

/// The state of an account: how many events it has seen.
fn count(events: &mut u64, _event: &RecordedEvent, _body: &[u8]) -> Result<(), String> {
    *events += 1;
    Ok(())
}

impl Operation for Contestant {
    async fn seed(&self, aggregates: &[String]) -> Result<(), String> {
        for ids in aggregates.chunks(SEEDED_AT_ONCE) {
            let writes = ids.iter().map(|id| first_event(id, &self.body));
            let writes: Vec<Write> = writes.collect::<Result<_, _>>()?;
            let accounts: Vec<_> = writes.iter().map(|write| write.aggregate.clone()).collect();
            let append = Append {
                stream: &ACCOUNTS,
                writes,
                metadata: metadata(&self.clock),
            };
            let appended = self.store.append(append).await.map_err(|error| error.to_string())?;
            // As a service remembers what it has made.
            for (account, head) in accounts.iter().zip(appended.heads) {
                self.store.remember(account, Arc::new(1_u64), head);
            }
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
