//! The store: a connection, its streams, and the way in to everything else.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use async_nats::{Client, ConnectOptions, Event, HeaderMap, ServerAddr, jetstream};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use tokio::sync::{OnceCell, mpsc, oneshot, watch};

use crate::{
    AggregateId, Append, AppendError, Appended, EnvelopeError, InvalidToken, RecordedEvent, StreamDefinition,
    StreamError, StreamSettings, StreamStatus, Write,
    committer::{self, Pending},
    envelope,
    heads::Heads,
    parking::ParkingLot,
    sealing::{Keyring, Sealing},
    snapshot::SnapshotStream,
    state::States,
    stream,
    subject::{self, Parsed, check_token},
    successors::Successors,
    turns::Turns,
    wire::{Message, Wire},
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
    /// What the installation chooses for its streams.
    pub streams: StreamSettings,
    /// Whether streams that exist are brought to these settings, where that is safe. A service does that; a tool that
    /// looks on may not know them, and leaves the streams as they are.
    pub mends_streams: bool,
    /// How long one request to the server may take.
    pub request_timeout: Duration,
    /// How many appends may wait, for each stream, before a further one is turned away.
    pub queue_appends: usize,
    /// How many aggregates' states are remembered at most.
    pub remembered_states: usize,
    /// How personal data is sealed. Without it, an event that holds some can be neither appended nor opened.
    pub sealing: Option<Sealing>,
    /// Whether snapshots are kept of the states that ask for it.
    pub snapshots: bool,
}

impl fmt::Debug for Options {
    /// Without the URL, which can hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("namespace", &self.namespace)
            .field("source", &self.source)
            .field("streams", &self.streams)
            .field("mends_streams", &self.mends_streams)
            .field("request_timeout", &self.request_timeout)
            .field("queue_appends", &self.queue_appends)
            .field("remembered_states", &self.remembered_states)
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
#[derive(Clone)]
pub struct EventStore(Arc<Inner>);

impl fmt::Debug for EventStore {
    /// Its name only: much holds a store, and what a store holds fills pages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = &self.0.options.namespace;
        f.debug_struct("EventStore")
            .field("namespace", namespace)
            .finish_non_exhaustive()
    }
}

/// What the store has of each of its streams.
struct Stream {
    /// What is to be stored in it.
    queue: mpsc::Sender<Pending>,
    /// Who asks whether its aggregates have gone on.
    successors: Successors,
}

struct Inner {
    wire: Wire,
    context: jetstream::Context,
    options: Options,
    streams: HashMap<&'static str, Stream>,
    is_replicated: bool,
    heads: Heads,
    connections: watch::Receiver<u64>,
    states: Arc<States>,
    turns: Turns,
    keyring: Option<Arc<Keyring>>,
    snapshots: Option<Arc<SnapshotStream>>,
    /// Opened when something is first parked or asked for: most stores never need it.
    parking_lot: OnceCell<ParkingLot>,
}

impl EventStore {
    /// Connects, checks the server, creates the streams that do not exist yet, and brings those that do to the
    /// settings that the installation chooses, if it is to.
    ///
    /// # Errors
    /// The server cannot be reached or is too old, or a stream exists with settings under which events could be lost.
    pub async fn connect(options: Options, definitions: &[&'static StreamDefinition]) -> Result<Self, ConnectError> {
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
        let mut streams = HashMap::with_capacity(definitions.len());
        let mut is_replicated = false;
        for definition in definitions {
            let name = stream_name(&options.namespace, definition);
            let subjects = stream_subjects(&options.namespace, definition);
            let wanted = stream::config(name.clone(), subjects, &options.streams);
            let config = stream::ensure(&context, &wanted, options.mends_streams, options.request_timeout).await?;
            is_replicated |= config.num_replicas > 1;
            let stream = Stream {
                successors: Successors::start(wire.clone(), name.clone()),
                queue: committer::start(wire.clone(), name, options.queue_appends),
            };
            streams.insert(definition.name, stream);
        }
        let states = Arc::new(States::new(options.remembered_states));
        let keyring = match &options.sealing {
            None => None,
            Some(sealing) => {
                let remembered = Arc::clone(&states);
                let forget = move || remembered.clear();
                let keyring = Keyring::open(sealing, &wire, &context, &options, connections.clone(), forget).await?;
                Some(Arc::new(keyring))
            }
        };
        let snapshots = match options.snapshots {
            true => Some(Arc::new(SnapshotStream::open(wire.clone(), &context, &options).await?)),
            false => None,
        };
        Ok(Self(Arc::new(Inner {
            wire,
            context,
            states,
            keyring,
            snapshots,
            parking_lot: OnceCell::new(),
            turns: Turns::default(),
            options,
            streams,
            is_replicated,
            heads: Heads::default(),
            connections,
        })))
    }

    /// Stores new events: all of them or none. Answers when they are durable.
    ///
    /// # Errors
    /// They were not stored, except for [`AppendError::OutcomeUnknown`], which says that this is not known.
    pub async fn append(&self, mut append: Append) -> Result<Appended, AppendError> {
        let stream = append.stream;
        self.queue(stream)?;
        self.check_reached(&append).await?;
        let sealed = self.seal(&mut append).await?;
        let aggregates: Vec<_> = append.writes.iter().map(|write| write.aggregate.clone()).collect();
        let (messages, mut heads) = append.into_messages(&self.0.options.source, &self.subject_prefix(), &sealed)?;
        let events = messages.len() as u64;
        let position = self.submit(stream, messages).await?;
        for (head, aggregate) in heads.iter_mut().zip(&aggregates) {
            head.position += position - events;
            self.0.heads.note(aggregate, head.version);
        }
        Ok(Appended { position, heads })
    }

    /// Hands messages to the stream's group commit, to be stored together, and waits. Answers the last one's sequence.
    pub(crate) async fn submit(&self, stream: &StreamDefinition, messages: Vec<Message>) -> Result<u64, AppendError> {
        let largest = self.0.wire.client().max_payload();
        if messages.iter().any(|message| message.payload.len() > largest) {
            return Err(AppendError::Refused(format!(
                "an event is larger than the server's limit of {largest} bytes"
            )));
        }
        let (answer, answered) = oneshot::channel();
        let sent = self.queue(stream)?.try_send(Pending { messages, answer });
        sent.map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => AppendError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => AppendError::Unavailable("the store is closing".to_owned()),
        })?;
        answered.await.unwrap_or(Err(AppendError::OutcomeUnknown))
    }

    fn queue(&self, stream: &StreamDefinition) -> Result<&mpsc::Sender<Pending>, AppendError> {
        let known = self.0.streams.get(stream.name);
        known
            .map(|known| &known.queue)
            .ok_or_else(|| AppendError::Refused(format!("the store has no stream {}", stream.name)))
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
        self.0.is_replicated
    }

    /// Whether appends to a stream are being taken.
    #[must_use]
    pub fn takes_appends(&self, definition: &StreamDefinition) -> bool {
        self.queue(definition).is_ok_and(|queue| !queue.is_closed())
    }

    /// Whether the connection to the server stands.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.0.wire.is_connected()
    }

    pub(crate) fn states(&self) -> &States {
        &self.0.states
    }

    pub(crate) fn optional_keyring(&self) -> Option<&Arc<Keyring>> {
        self.0.keyring.as_ref()
    }

    pub(crate) fn snapshot_stream(&self) -> Option<&Arc<SnapshotStream>> {
        self.0.snapshots.as_ref()
    }

    pub(crate) async fn parking_lot(&self) -> Result<&ParkingLot, StreamError> {
        let open = || ParkingLot::open(&self.0.context, &self.0.options);
        self.0.parking_lot.get_or_try_init(open).await
    }

    pub(crate) fn successors(&self, definition: &StreamDefinition) -> Option<&Successors> {
        self.0.streams.get(definition.name).map(|known| &known.successors)
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
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

    /// What stands in `ce-source`.
    pub(crate) fn source(&self) -> &str {
        &self.0.options.source
    }

    /// Opens a message of a stream, wherever it was read.
    pub(crate) fn decode(
        &self,
        definition: &'static StreamDefinition,
        subject: &str,
        sequence: u64,
        headers: Option<&HeaderMap>,
        payload: Bytes,
    ) -> Result<RecordedEvent, EnvelopeError> {
        envelope::decode(definition, self.without_namespace(subject), sequence, headers, payload)
    }

    /// What a subject says of its event; nothing, if it is not one of this store's.
    pub(crate) fn parse_subject<'a>(&self, definition: &StreamDefinition, subject: &'a str) -> Option<Parsed<'a>> {
        subject::parse(definition, self.without_namespace(subject))
    }

    fn without_namespace<'a>(&self, subject: &'a str) -> &'a str {
        let stripped = match self.0.options.namespace.as_str() {
            "" => Some(subject),
            namespace => subject.strip_prefix(namespace).and_then(|rest| rest.strip_prefix('.')),
        };
        stripped.unwrap_or(subject)
    }
}

/// Connects, and counts the connections made.
pub(crate) async fn connect(options: &Options) -> Result<(Client, watch::Receiver<u64>), ConnectError> {
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

/// The name that a stream has on the server.
pub(crate) fn stream_name(namespace: &str, definition: &StreamDefinition) -> String {
    match namespace {
        "" => definition.name.to_owned(),
        namespace => format!("{namespace}_{}", definition.name),
    }
}

/// The subjects that a stream takes on the server.
pub(crate) fn stream_subjects(namespace: &str, definition: &StreamDefinition) -> String {
    format!("{}{}.>", subject_prefix(namespace), definition.root)
}

fn subject_prefix(namespace: &str) -> String {
    match namespace {
        "" => String::new(),
        namespace => format!("{namespace}."),
    }
}
