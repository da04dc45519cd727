//! The store: the connection, the streams, and the entry point to everything else.

use std::{
    collections::HashMap,
    fmt, mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_nats::{Client, ConnectOptions, Event, ServerAddr, jetstream};
use percent_encoding::percent_decode_str;
use tokio::{
    sync::{OnceCell, watch},
    task::JoinHandle,
};

use crate::{
    AppendError, IndexError, IndexStorage, InvalidToken, StreamDefinition, StreamError, StreamSettings, StreamStatus,
    check_token,
    decide::{Neighbours, Stage, Started, Writer},
    follow::{notices::NoticeBoard, parking::ParkingLot},
    index::{Index, IndexFile},
    jetstream::api::StreamInfo,
    jetstream::stream,
    jetstream::wire::Wire,
    load::state::States,
    sealing::{Keyring, Sealing},
};

/// The oldest server version that this store is tested with.
const OLDEST_SERVER: (i64, i64, i64) = (2, 12, 0);
/// The version of the index. Change it when the store folds the same commits differently.
const INDEX_FORMAT: &str = "index-1";
/// The longest pause between two attempts to reconnect.
const LONGEST_RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// How the store connects, and what it writes into envelopes.
#[derive(Clone)]
pub struct Options {
    /// The server's URL, for example `nats://127.0.0.1:4222`. It may contain a user and a password, percent-encoded.
    /// Commas separate the servers of a cluster.
    pub url: String,
    /// The prefix of stream names and subjects, which separates several stores on one server. Empty for none.
    pub namespace: String,
    /// A URI: the `source` of events, and the start of their `dataschema`.
    pub source: String,
    /// The stream settings of the installation.
    pub streams: StreamSettings,
    /// Whether existing streams are changed to these settings, where that is safe. A service does that. A tool that
    /// only observes may not know the settings, and leaves the streams as they are.
    pub mends_streams: bool,
    /// The timeout of one request to the server.
    pub request_timeout: Duration,
    /// The maximum number of waiting commands per stream. Further commands are rejected.
    pub queue_appends: usize,
    /// The maximum number of aggregate states in memory.
    pub remembered_states: usize,
    /// Where the local indexes are kept. Without them the store can only follow streams and read events by place.
    pub index: Option<IndexStorage>,
    /// How personal data is sealed. Without it, events with personal data can be neither appended nor opened.
    pub sealing: Option<Sealing>,
}

impl fmt::Debug for Options {
    /// Omits the URL, which can hold a password.
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
    /// The server cannot be reached, or rejected the connection.
    #[error("cannot connect to NATS: {0}")]
    Unreachable(String),
    /// The address is not a URL, or not a list of them.
    #[error("the address of NATS is not valid: {0}")]
    Address(String),
    /// The server is older than the oldest version that this store is tested with.
    #[error("the NATS server is version {0}; at least 2.12 is needed")]
    ServerTooOld(String),
    /// The namespace is not a valid token.
    #[error("the namespace {0}")]
    Namespace(#[from] InvalidToken),
    /// A stream cannot be used.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The local index cannot be opened.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// An event store on NATS JetStream. Clones are cheap and share one connection.
#[derive(Clone)]
pub struct EventStore(
    Arc<Inner>,
    #[allow(dead_code, reason = "it ends the tasks when dropped")] Option<Arc<Tasks>>,
);

impl fmt::Debug for EventStore {
    /// Prints only the namespace. Many types hold a store, and its content fills pages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = &self.0.options.namespace;
        f.debug_struct("EventStore")
            .field("namespace", namespace)
            .finish_non_exhaustive()
    }
}

struct Inner {
    wire: Wire,
    context: jetstream::Context,
    options: Options,
    is_replicated: bool,
    connections: watch::Receiver<u64>,
    states: Arc<States>,
    writers: Arc<Neighbours>,
    keyring: Option<Arc<Keyring>>,
    /// Opened on first use, because most stores never park anything.
    parking_lot: OnceCell<ParkingLot>,
    notice_board: OnceCell<NoticeBoard>,
}

/// The writers' tasks. They hold the store but not this handle, so they end when the last handle is dropped.
struct Tasks(Mutex<Vec<JoinHandle<()>>>);

impl Tasks {
    fn take(&self) -> Vec<JoinHandle<()>> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.take().iter().for_each(JoinHandle::abort);
    }
}

impl EventStore {
    /// Connects, checks the server, and creates missing streams. Existing streams are changed to the chosen settings
    /// if [`Options::mends_streams`] is set.
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
        let mut is_replicated = false;
        for definition in definitions {
            let name = stream_name(&options.namespace, definition);
            let subject = subject(&options.namespace, definition);
            let wanted = stream::config(name, subject, &options.streams);
            let config = stream::ensure(&context, &wanted, options.mends_streams, options.request_timeout).await?;
            is_replicated |= config.num_replicas > 1;
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
        let (mut writers, mut waiting) = (HashMap::new(), Vec::new());
        if let Some(storage) = &options.index {
            for definition in definitions {
                let index = open_index(storage, &options.namespace, definition)?;
                let (started, writer) = Writer::prepare(index, options.queue_appends);
                writers.insert(definition.name, started);
                waiting.push((*definition, writer));
            }
        }
        let store = Self(
            Arc::new(Inner {
                wire,
                context,
                options,
                is_replicated,
                connections,
                states,
                writers: Arc::new(writers),
                keyring,
                parking_lot: OnceCell::new(),
                notice_board: OnceCell::new(),
            }),
            None,
        );
        let run = |(definition, writer): (&'static StreamDefinition, crate::decide::Waiting)| {
            let running = writer.run(store.clone(), definition, Arc::clone(&store.0.writers));
            tokio::spawn(running)
        };
        let tasks = Mutex::new(waiting.into_iter().map(run).collect());
        Ok(Self(Arc::clone(&store.0), Some(Arc::new(Tasks(tasks)))))
    }

    /// Stops deciding and writes the local indexes to their files, so that the next process does not fold the same
    /// commits again. Without it, up to a second of the log is folded again.
    pub async fn close(self) {
        self.0.writers.values().for_each(Started::close);
        let tasks = self.1.as_ref().map(|tasks| tasks.take()).unwrap_or_default();
        for task in tasks {
            let _ = task.await;
        }
    }

    /// Starts to follow all streams, so that the first command does not wait for it.
    pub fn warm_up(&self) {
        self.0.writers.values().for_each(Started::wake);
    }

    /// A stream's writer, once its index has been folded. Waits for at most one request timeout.
    pub(crate) async fn writer(&self, stream: &StreamDefinition) -> Result<Started, AppendError> {
        let started = self.started(stream)?;
        started.wake();
        let mut stage = started.stage.clone();
        let ready = stage.wait_for(|stage| matches!(stage, Stage::Ready | Stage::Halted(_)));
        let reached = tokio::time::timeout(self.0.options.request_timeout, ready).await;
        match reached.map(|reached| reached.map(|stage| stage.clone())) {
            Ok(Ok(Stage::Ready)) => Ok(started.clone()),
            _ => Err(AppendError::Unavailable(started.words(stream))),
        }
    }

    /// A stream's index, once it has been folded.
    pub(crate) async fn index(&self, stream: &StreamDefinition) -> Result<Arc<Index>, AppendError> {
        Ok(self.writer(stream).await?.index)
    }

    /// Folds everything that a stream holds now into its index, however long that takes. `progress` is called with
    /// the position reached and the end.
    ///
    /// # Errors
    /// The stream cannot be asked or followed, or the store has no index.
    pub async fn catch_up(
        &self,
        stream: &StreamDefinition,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<(), AppendError> {
        let started = self.started(stream)?;
        started.wake();
        let status = self.status(stream).await;
        let end = status
            .map_err(|error| AppendError::Unavailable(error.to_string()))?
            .last_position;
        let (mut stage, mut position) = (started.stage.clone(), started.index.watch());
        loop {
            let reached = *position.borrow_and_update();
            progress(reached.min(end), end);
            if let Stage::Halted(_) = &*stage.borrow_and_update() {
                return Err(AppendError::Unavailable(started.words(stream)));
            }
            if reached >= end && started.is_ready() {
                return Ok(());
            }
            let closed = tokio::select! {
                changed = position.changed() => changed.is_err(),
                changed = stage.changed() => changed.is_err(),
            };
            if closed {
                return Err(AppendError::Unavailable("the store is closing".to_owned()));
            }
        }
    }

    /// Waits until the local index of a stream holds the commit at a position, as long as for an answer.
    ///
    /// # Errors
    /// The stream cannot be followed, or not in time.
    pub async fn reach(&self, stream: &StreamDefinition, position: u64) -> Result<(), AppendError> {
        let started = self.writer(stream).await?;
        let mut reached = started.index.watch();
        let reached = reached.wait_for(|reached| *reached >= position);
        match tokio::time::timeout(self.0.options.request_timeout, reached).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(AppendError::Unavailable(started.words(stream))),
        }
    }

    fn started(&self, stream: &StreamDefinition) -> Result<&Started, AppendError> {
        let refused = || AppendError::Refused(format!("the store does not decide in stream {}", stream.name));
        self.0.writers.get(stream.name).ok_or_else(refused)
    }

    /// The last position of a stream, and its number of commits.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn status(&self, definition: &StreamDefinition) -> Result<StreamStatus, StreamError> {
        let stream = self.stream_name(definition);
        match self.wire().stream_info(&stream).await {
            Ok(StreamInfo { state, .. }) => Ok(StreamStatus {
                last_position: state.last_seq,
                commits: state.messages,
            }),
            Err(fault) => Err(StreamError::Unavailable {
                stream,
                reason: fault.to_string(),
            }),
        }
    }

    /// Whether a replica that lags behind the leader may answer loads.
    #[must_use]
    pub fn loads_can_lag(&self) -> bool {
        self.0.is_replicated
    }

    /// Whether the store has local indexes to decide on.
    #[must_use]
    pub fn has_index(&self) -> bool {
        self.0.options.index.is_some()
    }

    /// Checks that commands are decided in a stream. A writer that no command has needed yet passes.
    ///
    /// # Errors
    /// Why commands are not decided: the index is being built, the stream has been silent for too long, or it cannot
    /// be followed any further.
    pub fn decides(&self, definition: &StreamDefinition) -> Result<(), String> {
        let started = self.started(definition).map_err(|error| error.to_string())?;
        started.check(definition)
    }

    /// Whether the store is connected to the server.
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

    pub(crate) async fn parking_lot(&self) -> Result<&ParkingLot, StreamError> {
        let open = || ParkingLot::open(&self.0.context, &self.0.options);
        self.0.parking_lot.get_or_try_init(open).await
    }

    pub(crate) async fn notice_board(&self) -> Result<&NoticeBoard, StreamError> {
        let open = || NoticeBoard::open(&self.0.context, &self.0.options);
        self.0.notice_board.get_or_try_init(open).await
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.0.wire
    }

    pub(crate) fn context(&self) -> &jetstream::Context {
        &self.0.context
    }

    /// Counts the connections made so far. The count changes when a lost connection has been replaced.
    pub(crate) fn connections(&self) -> watch::Receiver<u64> {
        self.0.connections.clone()
    }

    pub(crate) fn stream_name(&self, definition: &StreamDefinition) -> String {
        stream_name(&self.0.options.namespace, definition)
    }

    /// The subject of a stream's commits.
    pub(crate) fn subject(&self, definition: &StreamDefinition) -> String {
        subject(&self.0.options.namespace, definition)
    }

    /// The `source` of events.
    pub(crate) fn source(&self) -> &str {
        &self.0.options.source
    }

    /// The maximum size of a commit's body. Headers take the rest of the server's limit.
    pub(crate) fn max_commit_bytes(&self) -> usize {
        self.0.wire.client().max_payload() / 8 * 7
    }
}

fn open_index(storage: &IndexStorage, namespace: &str, definition: &StreamDefinition) -> Result<Index, IndexError> {
    let path = match storage {
        IndexStorage::Temporary => None,
        IndexStorage::Folder(folder) => Some(folder.join(format!("{}.redb", stream_name(namespace, definition)))),
    };
    let models: Vec<_> = definition.models.iter().map(|model| model.name()).collect();
    let made_by = format!("{INDEX_FORMAT} {}", models.join(" "));
    Index::new(IndexFile::open(path.as_deref(), &made_by)?)
}

/// Connects, and counts the connections made.
pub(crate) async fn connect(options: &Options) -> Result<(Client, watch::Receiver<u64>), ConnectError> {
    let servers = options
        .url
        .split(',')
        .map(|url| url.trim().parse())
        .collect::<Result<Vec<ServerAddr>, _>>();
    let servers = servers.map_err(|error| ConnectError::Address(error.to_string()))?;
    if servers.iter().any(|server| server.host().is_empty()) {
        return Err(ConnectError::Address("a host is missing".to_owned()));
    }
    let addresses = addresses(&servers);
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
    // The client does not use the credentials in a URL by itself.
    if let Some((user, password)) = servers.iter().find_map(credentials) {
        connecting = connecting.user_and_password(user, password);
    }
    let client = connecting.connect(servers).await;
    let client =
        client.map_err(|error| ConnectError::Unreachable(format!("{} at {addresses}", why_unreachable(&error))))?;
    // The event comes a moment later. Without this wait, the first connection would look like a replacement.
    let _ = connections.wait_for(|count| *count > 0).await;
    Ok((client, connections))
}

/// The hosts and ports of servers, without credentials.
fn addresses(servers: &[ServerAddr]) -> String {
    let addresses = servers
        .iter()
        .map(|server| format!("{}:{}", server.host(), server.port()));
    addresses.collect::<Vec<_>>().join(", ")
}

fn why_unreachable(error: &async_nats::ConnectError) -> String {
    let mut source = Some(error as &dyn std::error::Error);
    while let Some(cause) = source {
        let io = cause.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused) {
            return "connection refused".to_owned();
        }
        source = cause.source();
    }
    error.to_string()
}

fn credentials(server: &ServerAddr) -> Option<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((decoded(server.username()?), decoded(server.password()?)))
}

/// A stream's name on the server.
pub(crate) fn stream_name(namespace: &str, definition: &StreamDefinition) -> String {
    match namespace {
        "" => definition.name.to_owned(),
        namespace => format!("{namespace}_{}", definition.name),
    }
}

/// The subject of a stream's commits on the server.
pub(crate) fn subject(namespace: &str, definition: &StreamDefinition) -> String {
    match namespace {
        "" => definition.subject.to_owned(),
        namespace => format!("{namespace}.{}", definition.subject),
    }
}
