//! Loads whole aggregates from a large log, and writes the events of this log.

use std::sync::atomic::{AtomicU64, Ordering};

use bench_driver::{Attempt, Cell, LIFE_EVENTS, Operation, body};
use bytes::Bytes;
use event_store::{Append, EventStore, Metadata, Write};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use platform::Clock;

use super::store::{ACCOUNTS, account, event, metadata, open};

/// The number of aggregates that get their next event in one commit.
const WRITES_AT_ONCE: usize = 10;
const APPENDS_IN_FLIGHT: usize = 1;

/// Loads an aggregate, and checks that it is complete.
#[derive(Debug)]
pub(crate) struct Loads {
    store: EventStore,
}

impl Loads {
    pub(crate) async fn connect(cell: &Cell) -> anyhow::Result<Self> {
        let store = open(&cell.url, &[&ACCOUNTS]).await?;
        // The measurement starts after the start of the store.
        store.catch_up(&ACCOUNTS, |_, _| {}).await?;
        Ok(Self { store })
    }
}

impl Operation for Loads {
    async fn seed(&self, _aggregates: &[String]) -> Result<(), String> {
        Ok(())
    }

    async fn attempt(&self, aggregate: &str, _again: bool) -> Result<Attempt, String> {
        let loaded = self.store.load(&account(aggregate)?).await;
        match loaded.map_err(|error| error.to_string())?.len() as u64 {
            LIFE_EVENTS => Ok(Attempt::Stored { version: 0 }),
            events => Err(format!("an aggregate has {events} events instead of {LIFE_EVENTS}")),
        }
    }
}

/// Writes aggregates of [`LIFE_EVENTS`] events each through the store, one event per aggregate in turn, so that the
/// events of an aggregate are as far apart as possible. `told` receives the number of events.
pub(crate) async fn write_histories(
    url: &str,
    aggregates: &[String],
    event_bytes: usize,
    told: impl Fn(u64),
) -> anyhow::Result<()> {
    let store = open(url, &[&ACCOUNTS]).await?;
    let (clock, body): (_, Bytes) = (Clock::system(), body(event_bytes).into());
    let written = AtomicU64::new(0);
    for version in 0..LIFE_EVENTS {
        stream::iter(aggregates.chunks(WRITES_AT_ONCE))
            .map(|aggregates| async {
                write_next(&store, aggregates, version, &body, metadata(&clock)).await?;
                let so_far = written.fetch_add(aggregates.len() as u64, Ordering::Relaxed);
                told(so_far + aggregates.len() as u64);
                anyhow::Ok(())
            })
            .buffer_unordered(APPENDS_IN_FLIGHT)
            .try_collect::<()>()
            .await?;
    }
    Ok(())
}

/// Appends the next event to each aggregate.
async fn write_next(
    store: &EventStore,
    aggregates: &[String],
    version: u64,
    body: &Bytes,
    metadata: Metadata,
) -> anyhow::Result<()> {
    let mut writes = Vec::with_capacity(aggregates.len());
    for id in aggregates {
        writes.push(Write {
            aggregate: account(id).map_err(anyhow::Error::msg)?,
            expected_version: version,
            events: vec![event(body)],
        });
    }
    store
        .append(Append {
            stream: &ACCOUNTS,
            writes,
            metadata,
        })
        .await?;
    Ok(())
}
