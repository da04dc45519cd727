//! The store: a connection, its streams, and the way in to everything else.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use async_nats::{Client, ConnectOptions, Event, HeaderMap, ServerAddr, jetstream};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    AggregateId, Append, AppendError, Appended, EnvelopeError, InvalidToken, RecordedEvent, StreamDefinition,
    StreamError, StreamStatus, Write,
    committer::{Committer, Pending},
    envelope,
    heads::Heads,
    stream,
    subject::check_token,
    wire::Wire,
};

/// The oldest server that commits batches atomically.
const OLDEST_SERVER: (i64, i64, i64) = (2, 12, 0);
/// A lost connection is tried again at least this often.
const LONGEST_RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// How the store connects and what it writes into envelopes.
#[derive(Clone)]
pub struct Options {
    /// Where the server is, for example `nats://127.0.0.1:4222`. It may carry a user and a
    /// password, percent-encoded; several servers of a cluster are joined by commas.
    pub url: String,
    /// Sets several stores on one server apart: the prefix of stream names and subjects. Empty for none.
    pub namespace: String,
    /// What stands in `ce-source`, and begins `ce-dataschema`: a URI.
    pub source: String,
    /// How many servers keep a copy of each stream: 1, 3 or 5.
    pub replicas: usize,
    /// How long one request to the server may take.
    pub request_timeout: Duration,
    /// How many appends may wait, for each stream, before a further one is turned away.
    pub queue_appends: usize,
}

impl fmt::Debug for Options {
    /// Without the URL, which can hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("namespace", &self.namespace)
            .field("source", &self.source)
            .field("replicas", &self.replicas)
            .field("request_timeout", &self.request_timeout)
            .field("queue_appends", &self.queue_appends)
            .finish_non_exhaustive()
    }
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server cannot be reached, or turned the connection away.
    #[error("cannot connect to NATS: {0}")]
    Unreachable(String),
    /// The server lacks atomic batches.
    #[error("the NATS server is version {0}; at least 2.12 is needed, for atomic batches")]
    ServerTooOld(String),
    /// The namespace cannot stand in a subject.
    #[error("the namespace {0}")]
    Namespace(#[from] InvalidToken),
    /// A stream cannot be used.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// An event store on NATS JetStream. Cheap to clone: all clones share one connection.
#[derive(Clone, Debug)]
pub struct EventStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    wire: Wire,
    context: jetstream::Context,
    options: Options,
    queues: HashMap<&'static str, mpsc::Sender<Pending>>,
    heads: Heads,
    connections: watch::Receiver<u64>,
}

impl EventStore {
    /// Connects, checks the server and creates the streams that do not exist yet.
    ///
    /// # Errors
    /// The server cannot be reached or is too old, or a stream exists with settings under which events could be lost.
    pub async fn connect(options: Options, streams: &[&'static StreamDefinition]) -> Result<Self, ConnectError> {
        if !options.namespace.is_empty() {
            check_token(&options.namespace)?;
        }
        let (client, connections) = connect(&options).await?;
        let (major, minor, patch) = OLDEST_SERVER;
        if !client.is_server_compatible(major, minor, patch) {
            return Err(ConnectError::ServerTooOld(client.server_info().version));
        }
        let mut context = jetstream::new(client.clone());
        context.set_timeout(options.request_timeout);
        let wire = Wire::new(client, options.request_timeout, connections.clone());
        let mut queues = HashMap::new();
        for definition in streams {
            let name = stream_name(&options.namespace, definition);
            let subjects = format!("{}{}.>", subject_prefix(&options.namespace), definition.root);
            let config = stream::config(name.clone(), subjects, options.replicas);
            stream::ensure(&context, config, options.request_timeout).await?;
            queues.insert(
                definition.name,
                Committer::start(wire.clone(), name, options.queue_appends),
            );
        }
        Ok(Self(Arc::new(Inner {
            wire,
            context,
            options,
            queues,
            heads: Heads::default(),
            connections,
        })))
    }

    /// Stores new events: all of them or none. Answers when they are durable.
    ///
    /// # Errors
    /// They were not stored, except for [`AppendError::OutcomeUnknown`], which says that this is not known.
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let queue = self
            .0
            .queues
            .get(append.stream.name)
            .ok_or_else(|| AppendError::Refused(format!("the store has no stream {}", append.stream.name)))?;
        self.check_reached(&append).await?;
        let heads: Vec<_> = append.writes.iter().map(Write::head).collect();
        let messages = append.into_messages(&self.0.options.source, &self.subject_prefix())?;
        let largest = self.0.wire.client().max_payload();
        if messages.iter().any(|message| message.payload.len() > largest) {
            return Err(AppendError::Refused(format!(
                "an event is larger than the server's limit of {largest} bytes"
            )));
        }
        let (answer, answered) = oneshot::channel();
        queue
            .try_send(Pending { messages, answer })
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => AppendError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => AppendError::Unavailable("the store is closing".to_owned()),
            })?;
        let answer = answered.await.unwrap_or(Err(AppendError::OutcomeUnknown));
        if answer.is_ok() {
            heads
                .iter()
                .for_each(|(aggregate, version)| self.0.heads.note(aggregate, *version));
        }
        answer
    }

    /// Checks that every aggregate has reached the version that is expected of it: the first free subject is not found
    /// by the server, so an append beyond it would leave a hole. Whoever has loaded the aggregate is not made to wait.
    async fn check_reached(&self, append: &Append) -> Result<(), AppendError> {
        for Write {
            aggregate,
            expected_version,
            ..
        } in &append.writes
        {
            if self.0.heads.reached(aggregate, *expected_version) {
                continue;
            }
            let subject = format!("{}{}", self.subject_prefix(), aggregate.subject(*expected_version));
            let found = self
                .0
                .wire
                .leaders_copy(&self.stream_name(append.stream), &subject)
                .await;
            match found {
                Ok(Some(_)) => self.0.heads.note(aggregate, *expected_version),
                Ok(None) => return Err(AppendError::Conflict),
                Err(reason) => return Err(AppendError::Unavailable(reason)),
            }
        }
        Ok(())
    }

    /// Remembers that an aggregate has reached a version.
    pub(crate) fn note_reached(&self, aggregate: &AggregateId, version: u64) {
        self.0.heads.note(aggregate, version);
    }

    /// How far a stream has grown.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn status(&self, definition: &StreamDefinition) -> Result<StreamStatus, StreamError> {
        let ask = async {
            let stream = self
                .0
                .context
                .get_stream(self.stream_name(definition))
                .await
                .map_err(|error| error.to_string())?;
            let state = &stream.cached_info().state;
            Ok(StreamStatus {
                last_position: state.last_sequence,
                events: state.messages,
            })
        };
        let answer = if self.is_connected() {
            tokio::time::timeout(self.0.options.request_timeout, ask)
                .await
                .unwrap_or_else(|_| Err("no answer in time".to_owned()))
        } else {
            Err("not connected".to_owned())
        };
        answer.map_err(|reason| StreamError::Unavailable {
            stream: self.stream_name(definition),
            reason,
        })
    }

    /// Whether loads can be answered by a replica that lags behind the leader.
    #[must_use]
    pub fn loads_can_lag(&self) -> bool {
        self.0.options.replicas > 1
    }

    /// Whether appends to a stream are being taken.
    #[must_use]
    pub fn takes_appends(&self, definition: &StreamDefinition) -> bool {
        self.0
            .queues
            .get(definition.name)
            .is_some_and(|queue| !queue.is_closed())
    }

    /// Whether the connection to the server stands.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.0.wire.is_connected()
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.0.wire
    }

    pub(crate) fn context(&self) -> &jetstream::Context {
        &self.0.context
    }

    /// Counts the connections made so far: it changes when a lost one has been replaced.
    pub(crate) fn connections(&self) -> watch::Receiver<u64> {
        self.0.connections.clone()
    }

    pub(crate) fn stream_name(&self, definition: &StreamDefinition) -> String {
        stream_name(&self.0.options.namespace, definition)
    }

    pub(crate) fn subject_prefix(&self) -> String {
        subject_prefix(&self.0.options.namespace)
    }

    /// Opens a message of a stream, wherever it was read.
    pub(crate) fn decode(
        &self,
        definition: &StreamDefinition,
        subject: &str,
        sequence: u64,
        headers: Option<&HeaderMap>,
        payload: Bytes,
    ) -> Result<RecordedEvent, EnvelopeError> {
        let prefix = self.subject_prefix();
        let subject = subject.strip_prefix(prefix.as_str()).unwrap_or(subject);
        envelope::decode(definition, subject, sequence, headers, payload)
    }
}

async fn connect(options: &Options) -> Result<(Client, watch::Receiver<u64>), ConnectError> {
    let unreachable = |error: &dyn std::fmt::Display| ConnectError::Unreachable(error.to_string());
    let servers = options
        .url
        .split(',')
        .map(|url| url.trim().parse())
        .collect::<Result<Vec<ServerAddr>, _>>();
    let servers = servers.map_err(|error| unreachable(&error))?;
    let mut connecting = ConnectOptions::new()
        .name(options.source.as_str())
        .connection_timeout(options.request_timeout)
        .request_timeout(Some(options.request_timeout))
        .ping_interval(Duration::from_secs(10))
        .reconnect_delay_callback(|attempt| {
            Duration::from_millis(50)
                .saturating_mul(1 << attempt.min(5))
                .min(LONGEST_RECONNECT_PAUSE)
        });
    let (connected, mut connections) = watch::channel(0);
    connecting = connecting.event_callback(move |event| {
        if event == Event::Connected {
            connected.send_modify(|count| *count += 1);
        }
        std::future::ready(())
    });
    // The client does not look at the credentials in a URL by itself.
    if let Some((user, password)) = servers.iter().find_map(credentials) {
        connecting = connecting.user_and_password(user, password);
    }
    let client = connecting.connect(servers).await.map_err(|error| unreachable(&error))?;
    // It is told a moment later; until then this connection would look like one that replaces another.
    let _ = connections.wait_for(|count| *count > 0).await;
    Ok((client, connections))
}

fn credentials(server: &ServerAddr) -> Option<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((decoded(server.username()?), decoded(server.password()?)))
}

fn stream_name(namespace: &str, definition: &StreamDefinition) -> String {
    match namespace {
        "" => definition.name.to_owned(),
        namespace => format!("{namespace}_{}", definition.name),
    }
}

fn subject_prefix(namespace: &str) -> String {
    match namespace {
        "" => String::new(),
        namespace => format!("{namespace}."),
    }
}
