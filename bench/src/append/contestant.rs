//! The operation under test: load an account, decide, commit.

use std::convert::Infallible;

use bench_driver::{Attempt, Cell, Groups, Operation, body};
use bytes::Bytes;
use event_store::{AggregateId, EventStore, Loaded, NewEvent, RecordedEvent, View};
use platform::{Clock, metrics::Metrics, new_id};

use super::store::{ACCOUNTS, account, event, metadata, open};

/// The store's metric for the number of events per commit.
const COMMIT_EVENTS: &str = "event_store_commit_events";
/// The number of accounts that one decision creates.
const SEEDED_AT_ONCE: usize = 500;

/// The event store under test.
#[derive(Debug)]
pub(crate) struct Contestant {
    store: EventStore,
    clock: Clock,
    body: Bytes,
    /// Metrics are recorded as in a service, because they have a cost there too.
    metrics: Metrics,
}

impl Contestant {
    pub(crate) async fn connect(cell: &Cell) -> anyhow::Result<Self> {
        let store = open(&cell.url, &[&ACCOUNTS]).await?;
        // The measurement starts after the start of the store, which depends on the length of its stream.
        store.catch_up(&ACCOUNTS, |_, _| {}).await?;
        Ok(Self {
            store,
            clock: Clock::system(),
            body: body(cell.event_bytes).into(),
            metrics: Metrics::install()?,
        })
    }

    /// The whole operation, as a service does it for a command.
    async fn load_decide_commit(&self, id: &str) -> Result<Attempt, String> {
        let account = account(id)?;
        let (new_event, metadata) = (event(&self.body), metadata(&self.clock));
        let decide = move |view: &mut View<'_>| {
            let mut loaded: Loaded<u64> = view.state(&account, &(count as Count))?;
            loaded.evolve(&new_event, |events: &mut u64, _| *events += 1);
            view.append(&account, loaded.shared_state(), vec![new_event.clone()], &metadata)?;
            Ok(Ok::<_, Infallible>(loaded.version()))
        };
        let decided = self.store.decide(&ACCOUNTS, decide).await;
        match decided.map_err(|error| error.to_string())?.outcome {
            Ok(version) => Ok(Attempt::Stored { version }),
            Err(never) => match never {},
        }
    }
}

type Count = fn(&mut u64, &RecordedEvent, &[u8]) -> Result<(), String>;

/// The state of an account: the number of its events.
fn count(events: &mut u64, _event: &RecordedEvent, _body: &[u8]) -> Result<(), String> {
    *events += 1;
    Ok(())
}

impl Operation for Contestant {
    async fn seed(&self, aggregates: &[String]) -> Result<(), String> {
        for ids in aggregates.chunks(SEEDED_AT_ONCE) {
            let accounts: Vec<AggregateId> = ids.iter().map(|id| account(id)).collect::<Result<_, _>>()?;
            let (first, metadata) = (event(&self.body), metadata(&self.clock));
            // As in a service, the states of accounts are cached.
            let decide = move |view: &mut View<'_>| {
                for account in &accounts {
                    let mut loaded: Loaded<u64> = view.state(account, &(count as Count))?;
                    let first = NewEvent {
                        id: new_id(),
                        ..first.clone()
                    };
                    loaded.evolve(&first, |events: &mut u64, _| *events += 1);
                    view.append(account, loaded.shared_state(), vec![first], &metadata)?;
                }
                Ok(Ok::<_, Infallible>(()))
            };
            let decided = self.store.decide(&ACCOUNTS, decide).await;
            decided.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    async fn attempt(&self, aggregate: &str, _again: bool) -> Result<Attempt, String> {
        self.load_decide_commit(aggregate).await
    }

    fn groups(&self) -> Option<Groups> {
        let page = self.metrics.render();
        let value = |suffix: &str| {
            let name = format!("{COMMIT_EVENTS}_{suffix} ");
            page.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok())
        };
        Some(Groups {
            groups: value("count")?,
            events: value("sum")?,
        })
    }
}
