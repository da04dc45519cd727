//! The bare publisher: durable publishes without loads, decisions or conflicts. No store on JetStream is faster.

use std::sync::atomic::{AtomicUsize, Ordering};

use bench_driver::{Attempt, Cell, Operation};

use super::connection::{Connection, Published};

const STREAM: &str = "BARE";
const ROOT: &str = "bare";

/// Publishes messages on separate subjects. An operation is one message or one batch.
#[derive(Debug)]
pub(crate) struct Publisher {
    connection: Connection,
    label: String,
    batch: usize,
    published: AtomicUsize,
}

impl Publisher {
    /// Connects as the cell says, on its own stream.
    pub(crate) async fn connect(cell: &Cell) -> anyhow::Result<Self> {
        let connection = Connection::open(&cell.url, cell.event_bytes).await?;
        connection.create_stream(STREAM, ROOT).await?;
        Ok(Self {
            connection,
            label: cell.label.clone(),
            batch: cell.batch,
            published: AtomicUsize::new(0),
        })
    }

    async fn publish(&self) -> Result<Published, String> {
        let first = self.published.fetch_add(self.batch, Ordering::Relaxed);
        let subject = |number: usize| format!("{ROOT}.account.{}-{number}-0.0.1", self.label);
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
            Published::Stored { .. } => Ok(Attempt::Stored { version: 1 }),
            Published::Conflict => Err("a new subject already exists".to_owned()),
        }
    }
}
