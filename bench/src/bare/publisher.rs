//! The bare publisher: durable publishes, and nothing loaded, decided or in conflict. No store on JetStream is faster.

use std::sync::atomic::{AtomicUsize, Ordering};

use bench_driver::{Attempt, Cell, Operation};
use event_store::StreamDefinition;

use super::connection::{Connection, Published};
use crate::append::open_store;

static BARE: StreamDefinition = StreamDefinition {
    name: "BARE",
    root: "bare",
};

/// How many messages a batch holds where nothing else is asked for, and how many batches are in flight.
const LARGE_BATCH: usize = 500;
const IN_FLIGHT: usize = 2;

/// Publishes messages, each on a subject of its own. An operation is one message, or one batch.
#[derive(Debug)]
pub(crate) struct Publisher {
    connection: Connection,
    root: &'static str,
    label: String,
    batch: usize,
    published: AtomicUsize,
}

impl Publisher {
    /// Connects as a cell says, on a stream of its own.
    pub(crate) async fn connect(cell: &Cell) -> anyhow::Result<Self> {
        open_store(&cell.url, &[&BARE]).await?;
        Self::on(&BARE, &cell.url, &cell.label, cell.batch, cell.event_bytes).await
    }

    async fn on(
        stream: &StreamDefinition,
        url: &str,
        label: &str,
        batch: usize,
        event_bytes: usize,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            connection: Connection::open(url, event_bytes).await?,
            root: stream.root,
            label: label.to_owned(),
            batch,
            published: AtomicUsize::new(0),
        })
    }

    async fn publish(&self) -> Result<Published, String> {
        let first = self.published.fetch_add(self.batch, Ordering::Relaxed);
        let subject = |number: usize| format!("{}.account.{}-{number}-0.0.1", self.root, self.label);
        match self.batch {
            1 => self.connection.publish(subject(first)).await,
            batch => {
                let subjects = (first..first + batch).map(subject).collect();
                self.connection.publish_batch(subjects).await
            }
        }
    }
}

impl Operation for Publisher {
    async fn seed(&self, _aggregates: &[String]) -> Result<(), String> {
        Ok(())
    }

    async fn attempt(&self, _aggregate: &str, _again: bool) -> Result<Attempt, String> {
        match self.publish().await? {
            Published::Stored => Ok(Attempt::Stored { version: 1 }),
            Published::Conflict => Err("a subject that is new exists".to_owned()),
        }
    }
}

/// Fills a stream of the store with events of aggregates that nobody loads, rounded up to whole batches. `told` hears how
/// many there are.
pub(crate) async fn fill(
    stream: &StreamDefinition,
    url: &str,
    label: &str,
    events: usize,
    event_bytes: usize,
    told: impl Fn(usize),
) -> anyhow::Result<()> {
    let publisher = Publisher::on(stream, url, label, LARGE_BATCH, event_bytes).await?;
    let in_flight = (0..IN_FLIGHT).map(|_| async {
        while publisher.published.load(Ordering::Relaxed) < events {
            anyhow::ensure!(
                publisher.publish().await.map_err(anyhow::Error::msg)? == Published::Stored,
                "the stream holds events under the label {label}"
            );
            told(publisher.published.load(Ordering::Relaxed).min(events));
        }
        Ok(())
    });
    futures_util::future::try_join_all(in_flight).await?;
    Ok(())
}
