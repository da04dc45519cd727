//! A connection to JetStream, and three ways to publish: an event as a message, several events as an atomic batch, and
//! several events in one message.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use anyhow::Context as _;
use async_nats::{
    Client, ConnectOptions, HeaderMap, Request, ServerAddr,
    jetstream::{
        self,
        stream::{Config, DiscardPolicy, StorageType},
    },
};
use bench_driver::body;
use bytes::Bytes;
use platform::new_id;
use serde::Deserialize;

const TIMEOUT: Duration = Duration::from_secs(10);
/// The error codes for a wrong last sequence, and for the same subject in flight: the subject exists or is about to.
const CONFLICTS: [u64; 2] = [10_071, 10_164];

/// The outcome of a publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Published {
    Stored { sequence: u64 },
    Conflict,
}

/// A connection, and the headers of every message.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    headers: HeaderMap,
    body: Bytes,
    batches: AtomicU64,
}

/// The version of the server at a URL.
pub(crate) async fn server_version(url: &str) -> anyhow::Result<String> {
    Ok(connect(url).await?.server_info().version)
}

async fn connect(url: &str) -> anyhow::Result<Client> {
    let server: ServerAddr = url.parse()?;
    let mut options = ConnectOptions::new().request_timeout(Some(TIMEOUT));
    // The client ignores the credentials in a URL. Those of the embedded server need no decoding.
    if let (Some(user), Some(password)) = (server.username(), server.password()) {
        options = options.user_and_password(user.to_owned(), password.to_owned());
    }
    options.connect(server).await.context("cannot connect to NATS")
}

impl Connection {
    pub(super) async fn open(url: &str, event_bytes: usize) -> anyhow::Result<Self> {
        Ok(Self {
            client: connect(url).await?,
            headers: envelope(),
            body: body(event_bytes).into(),
            batches: AtomicU64::new(0),
        })
    }

    /// Creates a stream with a subject per message, with the safety settings of the event store.
    pub(super) async fn create_stream(&self, name: &str, root: &str) -> anyhow::Result<()> {
        let config = Config {
            name: name.to_owned(),
            subjects: vec![format!("{root}.>")],
            storage: StorageType::File,
            discard: DiscardPolicy::New,
            deny_delete: true,
            deny_purge: true,
            allow_direct: true,
            allow_atomic_publish: true,
            ..Config::default()
        };
        jetstream::new(self.client.clone()).get_or_create_stream(config).await?;
        Ok(())
    }

    /// Publishes a message that must be the first on its subject, and waits until it is durable.
    pub(super) async fn publish(&self, subject: String) -> Result<Published, String> {
        self.request(subject, self.headers.clone(), self.body.clone()).await
    }

    /// Packs events into one payload.
    pub(super) fn pack(&self, events: usize) -> anyhow::Result<Bytes> {
        let mut event = serde_json::Map::new();
        for (name, value) in attributes(&new_id().to_string()) {
            event.insert(name.to_owned(), value.into());
        }
        event.insert("data".to_owned(), serde_json::from_slice(&self.body)?);
        Ok(serde_json::to_vec(&vec![event; events])?.into())
    }

    /// Publishes a payload on the condition that this sequence is the last one of its stream, and waits until it is
    /// durable.
    pub(super) async fn publish_after(&self, subject: String, payload: Bytes, last: u64) -> Result<Published, String> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Sequence", last.to_string());
        self.request(subject, headers, payload).await
    }

    /// Publishes messages as one atomic batch, each on the condition that it is the first on its subject, and waits
    /// until they are durable.
    pub(super) async fn publish_batch(&self, subjects: Vec<String>) -> Result<Published, String> {
        let mut headers = self.headers.clone();
        let number = self.batches.fetch_add(1, Ordering::Relaxed);
        headers.insert("Nats-Batch-Id", format!("{}-{number}", new_id()));
        let last = subjects.len();
        for (subject, sequence) in subjects.into_iter().zip(1..) {
            headers.insert("Nats-Batch-Sequence", sequence.to_string());
            if sequence == last {
                headers.insert("Nats-Batch-Commit", "1");
                return self.request(subject, headers, self.body.clone()).await;
            }
            self.client
                .publish_with_headers(subject, headers.clone(), self.body.clone())
                .await
                .map_err(|error| error.to_string())?;
        }
        Err("a batch needs a message".to_owned())
    }

    async fn request(&self, subject: String, headers: HeaderMap, payload: Bytes) -> Result<Published, String> {
        #[derive(Deserialize)]
        struct Reply {
            #[serde(default)]
            seq: u64,
            error: Option<Refusal>,
        }
        #[derive(Deserialize)]
        struct Refusal {
            #[serde(default)]
            err_code: u64,
            #[serde(default)]
            description: String,
        }
        let request = Request::new().headers(headers).payload(payload);
        let sent = self.client.send_request(subject, request).await;
        let reply = sent.map_err(|error| error.to_string())?;
        match serde_json::from_slice(&reply.payload).map_err(|error| error.to_string())? {
            Reply { error: None, seq } if seq > 0 => Ok(Published::Stored { sequence: seq }),
            Reply {
                error: Some(refusal), ..
            } if CONFLICTS.contains(&refusal.err_code) => Ok(Published::Conflict),
            Reply { error, .. } => Err(error.map_or("no sequence".to_owned(), |refusal| refusal.description)),
        }
    }
}

/// Attributes with the names and sizes of the event store's.
fn attributes(id: &str) -> [(&'static str, &str); 11] {
    [
        ("specversion", "1.0"),
        ("id", id),
        ("type", "account.credited"),
        ("source", "urn:bench"),
        ("time", "2027-01-11T15:00:00.123456Z"),
        ("subject", "account/r1c1000-uniform-1234-0"),
        ("dataschema", "urn:bench:schema:account.credited:1"),
        ("correlationid", id),
        ("actor", "bench"),
        ("aggregateversion", "1"),
        ("previoushash", HASH),
    ]
}

/// As long as a hash.
const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The attributes of an event as headers, and the condition to be the first on the subject. They are created once, so
/// that they cost the yardstick nothing.
fn envelope() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in attributes(&new_id().to_string()) {
        headers.insert(format!("ce-{name}").as_str(), value);
    }
    headers.insert("Nats-Expected-Last-Subject-Sequence", "0");
    headers
}
