//! The bare publisher of packed messages: several events in each, each message on the condition that it follows the stream's
//! last one, and nothing loaded, decided or in conflict. No store that commits so is faster.

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
    /// A stream of its own for each cell: the first message is the first of its stream.
    subject: String,
    payload: Bytes,
    last: AtomicU64,
}

impl Packed {
    /// Connects as a cell says, on a stream of its own.
    pub(crate) async fn connect(cell: &Cell) -> anyhow::Result<Self> {
        anyhow::ensure!(cell.clients == 1, "messages that follow one another have one publisher");
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
            Published::Conflict => Err("a stream of one publisher has gone on".to_owned()),
        }
    }
}
