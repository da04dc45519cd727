//! Shared helpers of this crate's tests: stores on the shared servers, events, and ways to count them.

pub(crate) mod damage;
pub(crate) mod models;
pub(crate) mod proxy;
pub(crate) mod publishes;
pub(crate) mod servers;
pub(crate) mod weather;

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_nats::{
    HeaderMap,
    jetstream::{self, message::StreamMessage},
};
use bytes::Bytes;
use embedded::testing;
use event_store::{
    AggregateId, Append, AppendError, Appended, Commit, CommitHash, ConnectError, EventStore, IndexStorage, Metadata,
    NewEvent, Options, Place as EventPlace, RecordedEvent, StreamDefinition, StreamError, StreamSettings, Write,
};
use futures_util::StreamExt as _;
use tokio::task::JoinSet;
use uuid::Uuid;

/// The time limit for things that should happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(60);

pub(crate) static ORDERS: StreamDefinition = StreamDefinition {
    name: "ORDERS",
    subject: "orders.log",
    models: &[&models::Slots, &models::Counts],
};

pub(crate) static INVOICES: StreamDefinition = StreamDefinition {
    name: "INVOICES",
    subject: "invoices.log",
    models: &[],
};

/// A namespace on the servers, in which one test keeps its streams.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) options: Options,
}

impl Place {
    /// A place on the servers that the tests of this process share.
    pub(crate) async fn shared() -> Self {
        Self::at(servers::shared_url().await)
    }

    pub(crate) fn at(url: &str) -> Self {
        Self {
            options: Options {
                url: url.to_owned(),
                namespace: testing::namespace(),
                source: "urn:test".to_owned(),
                streams: StreamSettings {
                    replicas: servers::replicas(),
                    ..StreamSettings::default()
                },
                mends_streams: true,
                request_timeout: Duration::from_secs(10),
                queue_appends: 1_000,
                remembered_states: 1_000,
                index: Some(IndexStorage::Temporary),
                sealing: None,
            },
        }
    }

    /// A place on a single server, even if the run uses a cluster: for behaviour that only a single server has.
    pub(crate) fn alone_at(url: &str) -> Self {
        let mut place = Self::at(url);
        place.options.streams.replicas = 1;
        place
    }

    /// A place on the single server that the tests of this process share, even if the run uses a cluster.
    pub(crate) async fn alone() -> Self {
        Self::alone_at(testing::servers().await.nats_url())
    }

    /// The same place through another address.
    pub(crate) fn through(&self, url: &str) -> Self {
        let mut place = self.clone();
        place.options.url = url.to_owned();
        place
    }

    /// The same place with a short timeout, for tests in which answers are lost.
    pub(crate) fn impatient(mut self) -> Self {
        self.options.request_timeout = Duration::from_secs(1);
        self
    }

    pub(crate) async fn connect(&self) -> Result<EventStore, ConnectError> {
        EventStore::connect(self.options.clone(), &[&ORDERS, &INVOICES]).await
    }

    /// Connects, with retries: a cluster whose nodes have just met may find no peers for a stream.
    pub(crate) async fn store(&self) -> EventStore {
        let mut store = None;
        testing::eventually("the store opens", SOON, async || {
            match self.connect().await {
                Ok(opened) => store = Some(opened),
                Err(ConnectError::Unreachable(_) | ConnectError::Stream(StreamError::Unavailable { .. })) => {}
                Err(error) => panic!("{error}"),
            }
            store.is_some()
        })
        .await;
        store.unwrap()
    }

    /// JetStream without the store.
    pub(crate) async fn jetstream(&self) -> jetstream::Context {
        let urls = self.options.url.split(',');
        let addresses: Vec<async_nats::ServerAddr> = urls.map(|url| url.parse().unwrap()).collect();
        let client = async_nats::ConnectOptions::new()
            .user_and_password(
                addresses[0].username().unwrap_or_default().to_owned(),
                addresses[0].password().unwrap_or_default().to_owned(),
            )
            .connect(addresses)
            .await
            .unwrap();
        jetstream::new(client)
    }

    /// The server that leads the stream of orders, if there is one.
    pub(crate) async fn leader(&self) -> Option<String> {
        let stream = self.jetstream().await.get_stream(self.stream_name()).await.ok()?;
        stream.cached_info().cluster.clone()?.leader
    }

    /// How many copies of the stream of orders, besides the leader's, are current.
    pub(crate) async fn current_copies(&self) -> usize {
        let Ok(stream) = self.jetstream().await.get_stream(self.stream_name()).await else {
            return 0;
        };
        let cluster = stream.cached_info().cluster.clone();
        cluster.map_or(0, |cluster| cluster.replicas.iter().filter(|copy| copy.current).count())
    }

    pub(crate) fn stream_name(&self) -> String {
        format!("{}_{}", self.options.namespace, ORDERS.name)
    }

    pub(crate) fn subject(&self, subject: &str) -> String {
        format!("{}.{subject}", self.options.namespace)
    }

    /// Waits until a subscription waits for the next event, and returns the name of its consumer.
    pub(crate) async fn waiting_consumer(&self) -> String {
        let stream = self.jetstream().await.get_stream(self.stream_name()).await.unwrap();
        let mut name = None;
        testing::eventually("a subscription waits", SOON, async || {
            let consumers: Vec<_> = stream.consumers().collect().await;
            let waiting = consumers.into_iter().filter_map(Result::ok).find(|c| c.num_waiting > 0);
            name = waiting.map(|consumer| consumer.name);
            name.is_some()
        })
        .await;
        name.unwrap()
    }

    /// Publishes a message that is not the store's into the stream, and returns its sequence.
    pub(crate) async fn publish_foreign(&self, foreign: Foreign) -> u64 {
        let commit_headers = |previous: CommitHash| {
            let mut headers = HeaderMap::new();
            headers.insert("Content-Type", "application/cloudevents-batch+json");
            headers.insert("Commit-Id", Uuid::from_u128(1).to_string());
            headers.insert("Previous-Hash", previous.to_string());
            headers
        };
        match foreign {
            Foreign::WithoutHeaders => self.put(HeaderMap::new(), "hello").await,
            Foreign::WithoutBody => self.put(commit_headers(CommitHash::GENESIS), "hello").await,
            Foreign::OfAnotherType(previous) => {
                let mut headers = commit_headers(previous);
                headers.insert("Content-Type", "application/json");
                self.put(headers, "[]").await
            }
            Foreign::Empty(previous) => self.put(commit_headers(previous), "[]").await,
            Foreign::Forged(previous) => {
                let mut headers = commit_headers(previous);
                headers.insert("Receipts", r#"[["key","print","done"]]"#);
                self.put(headers, "[]").await
            }
        }
    }

    /// Publishes a copy of another place's commit into the stream, and returns its sequence.
    pub(crate) async fn copy_commit(&self, of: &Self, sequence: u64) -> u64 {
        let message = of.message(sequence).await;
        self.put(commit_headers(&message.headers), message.payload).await
    }

    pub(crate) async fn put(&self, headers: HeaderMap, body: impl Into<Bytes>) -> u64 {
        let subject = self.subject(ORDERS.subject);
        let jetstream = self.jetstream().await;
        let sent = jetstream.publish_with_headers(subject, headers, body.into()).await;
        sent.unwrap().await.unwrap().sequence
    }

    /// A message of the stream of orders, as stored.
    pub(crate) async fn message(&self, sequence: u64) -> StreamMessage {
        let stream = self.jetstream().await.get_stream(self.stream_name()).await.unwrap();
        stream.get_raw_message(sequence).await.unwrap()
    }
}

/// A commit's headers without the expectations of its publish.
pub(crate) fn commit_headers(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for (name, values) in headers.iter() {
        if !(name.as_ref() as &str).starts_with("Nats-") {
            values.iter().for_each(|value| kept.append(name.clone(), value.clone()));
        }
    }
    kept
}

/// A message that does not belong in the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Foreign {
    /// No headers at all.
    WithoutHeaders,
    /// The headers of a commit, and no body.
    WithoutBody,
    /// Another content type, after this commit.
    OfAnotherType(CommitHash),
    /// An empty batch, after this commit.
    Empty(CommitHash),
    /// A commit with a wrong previous hash, after this commit.
    Forged(CommitHash),
}

/// A store in a new place on the shared servers.
pub(crate) async fn store() -> EventStore {
    Place::shared().await.store().await
}

pub(crate) fn order(id: impl Into<String>) -> AggregateId {
    AggregateId::new(&ORDERS, "order", id).unwrap()
}

pub(crate) fn new_event() -> NewEvent {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    NewEvent {
        id: Uuid::from_u128(number.into()),
        event_type: "order.placed".to_owned(),
        schema_version: 1,
        data: Bytes::from(format!(r#"{{"number":{number}}}"#)),
        personal: None,
    }
}

pub(crate) fn event_of(bytes: usize) -> NewEvent {
    NewEvent {
        data: Bytes::from(format!("\"{}\"", "x".repeat(bytes))),
        ..new_event()
    }
}

pub(crate) fn metadata() -> Metadata {
    Metadata {
        time: "2027-01-11T15:00:00.123456Z".parse().unwrap(),
        actor: "user-1".to_owned(),
        correlation_id: Uuid::from_u128(8),
        causation_id: None,
        traceparent: None,
    }
}

/// This many new events of an aggregate at a version.
pub(crate) fn write(aggregate: &AggregateId, expected_version: u64, events: usize) -> Write {
    Write {
        aggregate: aggregate.clone(),
        expected_version,
        events: (0..events).map(|_| new_event()).collect(),
    }
}

/// A write that follows what was loaded.
pub(crate) fn following(aggregate: &AggregateId, loaded: &[RecordedEvent], events: usize) -> Write {
    write(aggregate, loaded.len() as u64, events)
}

pub(crate) fn append_of(writes: Vec<Write>) -> Append {
    Append {
        stream: &ORDERS,
        writes,
        metadata: metadata(),
    }
}

/// The ids of an append's events, in order.
pub(crate) fn ids(append: &Append) -> Vec<Uuid> {
    append.writes.iter().flat_map(|w| &w.events).map(|e| e.id).collect()
}

pub(crate) async fn add(store: &EventStore, writes: Vec<Write>) -> Result<Appended, AppendError> {
    store.append(append_of(writes)).await
}

/// Appends this many events to a new aggregate, each in its own commit.
pub(crate) async fn fill(store: &EventStore, aggregate: &AggregateId, events: u64) {
    for version in 0..events {
        add(store, vec![write(aggregate, version, 1)]).await.unwrap();
    }
}

/// Appends this many events to a new aggregate, many in a commit.
pub(crate) async fn fill_packed(store: &EventStore, aggregate: &AggregateId, events: u64) {
    let mut version = 0;
    while version < events {
        let count = (events - version).min(500);
        add(store, vec![write(aggregate, version, count as usize)])
            .await
            .unwrap();
        version += count;
    }
}

/// Sends all appends at the same moment. The answers are in the order of the appends.
pub(crate) async fn append_all(store: &EventStore, appends: &[Append]) -> Vec<Result<Appended, AppendError>> {
    futures_util::future::join_all(appends.iter().map(|append| store.append(append.clone()))).await
}

/// Loads everything that was acknowledged to any process, once this store has caught up.
pub(crate) async fn load(store: &EventStore, aggregate: &AggregateId) -> Vec<RecordedEvent> {
    caught_up(store).await;
    store.load(aggregate).await.unwrap()
}

/// Waits until the store has folded the whole stream of orders.
pub(crate) async fn caught_up(store: &EventStore) {
    let caught_up = tokio::time::timeout(SOON, store.catch_up(&ORDERS, |_, _| {})).await;
    caught_up.expect("it is caught up with").unwrap();
}

pub(crate) fn versions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.version).collect()
}

pub(crate) fn positions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position).collect()
}

pub(crate) fn places(events: &[RecordedEvent]) -> Vec<EventPlace> {
    events.iter().map(RecordedEvent::place).collect()
}

/// All commits of the stream up to its present end.
pub(crate) async fn commits(store: &EventStore) -> Vec<Commit> {
    let end = store.status(&ORDERS).await.unwrap().last_position;
    let mut subscription = store.subscribe(&ORDERS, 0);
    let mut commits = Vec::new();
    while subscription.position() < end {
        let batch = tokio::time::timeout(SOON, subscription.next_commits(500)).await;
        commits.extend(batch.expect("the stream has more commits").unwrap());
    }
    commits
}

/// All events of the stream up to its present end.
pub(crate) async fn everything(store: &EventStore) -> Vec<RecordedEvent> {
    commits(store)
        .await
        .into_iter()
        .flat_map(|commit| commit.events)
        .collect()
}

/// How many events the stream holds.
pub(crate) async fn count(store: &EventStore) -> usize {
    everything(store).await.len()
}

/// Asserts that a stream is whole: dense sequences and versions, and an unbroken chain.
pub(crate) async fn assert_whole(store: &EventStore) {
    let verified = tokio::time::timeout(SOON, store.verify(&ORDERS, |_, _| {})).await;
    assert_eq!(verified.expect("it comes to an end").unwrap().fault, None);
}

/// Asserts that every answer holds. Acknowledged appends are in the stream exactly once, at the given position.
/// Refused ones are not in it. Those of unknown outcome are in it at most once. No append is stored in part, and the
/// stream is whole.
pub(crate) async fn assert_answers_hold(
    store: &EventStore,
    appends: &[Append],
    answers: &[Result<Appended, AppendError>],
) {
    let mut places: HashMap<Uuid, Vec<EventPlace>> = HashMap::new();
    for event in everything(store).await {
        places.entry(event.id).or_default().push(event.place());
    }
    for (append, answer) in appends.iter().zip(answers) {
        let ids = ids(append);
        let found: Vec<&[EventPlace]> = ids.iter().map(|id| places.get(id).map_or(&[][..], |at| at)).collect();
        let absent = found.iter().all(|at| at.is_empty());
        let first = found.first().and_then(|at| at.first()).copied();
        let side_by_side = first.is_some_and(|first| {
            let expected = (first.index..).map(|index| EventPlace { index, ..first });
            found.iter().zip(expected).all(|(at, place)| *at == [place])
        });
        let held = match answer {
            Ok(appended) => side_by_side && first.is_some_and(|first| first.position == appended.position),
            Err(AppendError::OutcomeUnknown) => absent || side_by_side,
            Err(_) => absent,
        };
        assert!(held, "the answer was {answer:?}, its events stand at {found:?}");
    }
    assert_whole(store).await;
}

/// Appends on many tasks until stopped, each task to its own order and one event after the other.
pub(crate) struct Writers {
    tasks: JoinSet<Vec<(Append, Result<Appended, AppendError>)>>,
    stop: tokio::sync::watch::Sender<bool>,
}

impl Writers {
    pub(crate) fn start(store: &EventStore, count: usize) -> Self {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let (store, stopped) = (store.clone(), stopped.clone());
            tasks.spawn(async move { write_until(&store, &order(format!("w{number}")), &stopped).await });
        }
        Self { tasks, stop }
    }

    pub(crate) async fn stop(self) -> (Vec<Append>, Vec<Result<Appended, AppendError>>) {
        self.stop.send_replace(true);
        self.tasks.join_all().await.into_iter().flatten().unzip()
    }
}

fn nothing(_: &mut (), _: &RecordedEvent, _: &[u8]) -> Result<(), String> {
    Ok(())
}

async fn write_until(
    store: &EventStore,
    aggregate: &AggregateId,
    stopped: &tokio::sync::watch::Receiver<bool>,
) -> Vec<(Append, Result<Appended, AppendError>)> {
    let mut answers = Vec::new();
    let mut version = 0;
    while !*stopped.borrow() {
        let append = append_of(vec![write(aggregate, version, 1)]);
        let answer = store.append(append.clone()).await;
        version = match &answer {
            Ok(appended) => appended.heads[0].version,
            Err(_) => match store.load_state(aggregate, &nothing).await {
                Ok(loaded) => loaded.version(),
                // Nothing can be decided now. The version is tried once more, and conflicts if it was stored.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    version
                }
            },
        };
        answers.push((append, answer));
    }
    answers
}
