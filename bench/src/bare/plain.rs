//! JetStream without an event store: the same operation, with every event published as a message on its own subject.

use async_nats::StatusCode;
use bench_driver::{Attempt, Cell, Operation};
use futures_util::StreamExt as _;

use super::connection::{Connection, Published};

const STREAM: &str = "PLAIN";
const ROOT: &str = "plain";

const SEEDED_AT_ONCE: usize = 500;

/// Single publishes.
#[derive(Debug)]
pub(crate) struct Plain {
    connection: Connection,
}

impl Plain {
    pub(crate) async fn connect(cell: &Cell) -> anyhow::Result<Self> {
        let connection = Connection::open(&cell.url, cell.event_bytes).await?;
        connection.create_stream(STREAM, ROOT).await?;
        Ok(Self { connection })
    }

    /// Reads the events of an aggregate in one round trip. All are in one bucket.
    async fn version(&self, aggregate: &str) -> Result<u64, String> {
        let request = format!(r#"{{"multi_last":["{ROOT}.account.{aggregate}.0.*"]}}"#);
        let client = &self.connection.client;
        let inbox = client.new_inbox();
        let mut replies = client
            .subscribe(inbox.clone())
            .await
            .map_err(|error| error.to_string())?;
        client
            .publish_with_reply(format!("$JS.API.DIRECT.GET.{STREAM}"), inbox, request.into())
            .await
            .map_err(|error| error.to_string())?;
        let mut version = 0;
        while let Some(reply) = replies.next().await {
            match reply.status {
                None | Some(StatusCode::OK) => version += 1,
                // The end of the events, or no events.
                Some(status) if [204, 404].contains(&status.as_u16()) => return Ok(version),
                Some(status) => return Err(format!("status {status}")),
            }
        }
        Err("the connection was closed".to_owned())
    }
}

fn subject(aggregate: &str, version: u64) -> String {
    format!("{ROOT}.account.{aggregate}.0.{version}")
}

impl Operation for Plain {
    async fn seed(&self, aggregates: &[String]) -> Result<(), String> {
        for ids in aggregates.chunks(SEEDED_AT_ONCE) {
            let subjects = ids.iter().map(|id| subject(id, 1)).collect();
            self.connection.publish_batch(subjects).await?;
        }
        Ok(())
    }

    async fn attempt(&self, aggregate: &str, _again: bool) -> Result<Attempt, String> {
        let version = self.version(aggregate).await? + 1;
        match self.connection.publish(subject(aggregate, version)).await? {
            Published::Stored { .. } => Ok(Attempt::Stored { version }),
            Published::Conflict => Ok(Attempt::Conflict),
        }
    }
}
