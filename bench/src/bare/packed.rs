//! The bare publisher of packed messages: each contains several events and must follow the last message of the stream.
//! It neither loads, decides nor conflicts. No store that commits this way is faster.

use std::sync::atomic::{AtomicU64, Ordering};

use bench_driver::{Attempt, Cell, Operation};
use bytes::Bytes;

use super::connection::{Connection, Published};

const STREAM: &str = "PACKED";
const ROOT: &str = "packed";

/// Publishes messages of a batch of events, one after the other.
#[derive(Debug)]
pub(crate) struct Packed {
    connection: Connection,
    /// Each cell has its own stream, so that its first message is the first of the stream.
    subject: String,
    payload: Bytes,
    last: AtomicU64,
}

impl Packed {
    /// Connects as the cell says, on its own stream.
    pub(crate) async fn connect(cell: &Cell) -> anyhow::Result<Self> {
        anyhow::ensure!(cell.clients == 1, "a sequence of messages has one publisher");
        let connection = Connection::open(&cell.url, cell.event_bytes).await?;
        let (stream, root) = (format!("{STREAM}-{}", cell.label), format!("{ROOT}.{}", cell.label));
        connection.create_stream(&stream, &root).await?;
        Ok(Self {
            payload: connection.pack(cell.batch)?,
            connection,
            subject: format!("{root}.log"),
            last: AtomicU64::new(0),
        })
    }
}

impl Operation for Packed {
    async fn seed(&self, _aggregates: &[String]) -> Result<(), String> {
        Ok(())
    }

    async fn attempt(&self, _aggregate: &str, _again: bool) -> Result<Attempt, String> {
        let last = self.last.load(Ordering::Relaxed);
        let published = self
            .connection
            .publish_after(self.subject.clone(), self.payload.clone(), last);
        match published.await? {
            Published::Stored { sequence } => {
                self.last.store(sequence, Ordering::Relaxed);
                Ok(Attempt::Stored { version: 1 })
            }
            Published::Conflict => Err("another publisher appended to the stream".to_owned()),
        }
    }
}
