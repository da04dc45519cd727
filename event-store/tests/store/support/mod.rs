//! What the tests of this crate share: a store of their own on the shared servers, events, and a way to count them.

pub(crate) mod damage;
pub(crate) mod proxy;
pub(crate) mod publishes;
pub(crate) mod servers;
pub(crate) mod weather;

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_nats::jetstream;
use bytes::Bytes;
use embedded::testing;
use event_store::{
    AggregateId, Append, AppendError, Appended, ConnectError, Consistency, EventHash, EventStore, Metadata, NewEvent,
    Options, RecordedEvent, StreamDefinition, StreamError, StreamSettings, Write,
};
use futures_util::StreamExt as _;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How long anything may take that happens "soon".
pub(crate) const SOON: Duration = Duration::from_secs(60);

pub(crate) static ORDERS: StreamDefinition = StreamDefinition {
    name: "ORDERS",
    root: "ordering",
};

pub(crate) static INVOICES: StreamDefinition = StreamDefinition {
    name: "INVOICES",
    root: "billing",
};

/// A namespace on the servers: where one test keeps its streams.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) options: Options,
}

impl Place {
    /// On the servers that the tests of this process share.
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
                sealing: None,
                snapshots: true,
            },
        }
    }

    /// On a server that is alone, whatever the run asks for: for what is true of one server only.
    pub(crate) fn alone_at(url: &str) -> Self {
        let mut place = Self::at(url);
        place.options.streams.replicas = 1;
        place
    }

    /// On the server that the tests of this process share, even if the run asks for a cluster.
    pub(crate) async fn alone() -> Self {
        Self::alone_at(testing::servers().await.nats_url())
    }

    /// The same place, seen through another address.
    pub(crate) fn through(&self, url: &str) -> Self {
        let mut place = self.clone();
        place.options.url = url.to_owned();
        place
    }

    /// The same place with little patience, for tests in which answers get lost.
    pub(crate) fn impatient(mut self) -> Self {
        self.options.request_timeout = Duration::from_secs(1);
        self
    }

    pub(crate) async fn connect(&self) -> Result<EventStore, ConnectError> {
        EventStore::connect(self.options.clone(), &[&ORDERS, &INVOICES]).await
    }

    /// Connects, for as often as it takes: a cluster whose nodes have just met can find no peers for a stream.
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

    /// Which server leads the stream of orders, if any does.
    pub(crate) async fn leader(&self) -> Option<String> {
        let stream = self.jetstream().await.get_stream(self.stream_name()).await.ok()?;
        stream.cached_info().cluster.clone()?.leader
    }

    /// How many copies of the stream of orders, beside the leader's, have all that it has.
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

    /// Waits until a subscription waits for the next event, and answers the name of its consumer.
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

    /// Puts a copy of an order's event into the stream, as its event of another version.
    pub(crate) async fn copy_event(&self, order: &AggregateId, version: u64, other: u64) {
        let jetstream = self.jetstream().await;
        let stream = jetstream.get_stream(self.stream_name()).await.unwrap();
        let subject = self.subject(&order.subject(version));
        let event = stream.get_last_raw_message_by_subject(&subject).await.unwrap();
        // Not those by which it was published.
        let envelope = event
            .headers
            .iter()
            .filter(|(name, _)| name.to_string().starts_with("ce-"));
        let mut headers: async_nats::HeaderMap = envelope
            .map(|(name, values)| (name.clone(), values[0].clone()))
            .collect();
        headers.insert("ce-aggregateversion", other.to_string());
        let subject = self.subject(&order.subject(other));
        let published = jetstream.publish_with_headers(subject, headers, event.payload).await;
        published.unwrap().await.unwrap();
    }

    /// Puts a message into the stream that is not of the store's making, and answers its sequence.
    pub(crate) async fn publish_foreign(&self, subject: &str) -> u64 {
        let jetstream = self.jetstream().await;
        let acknowledged = jetstream.publish(self.subject(subject), "hello".into()).await.unwrap();
        acknowledged.await.unwrap().sequence
    }
}

/// A store of the test's own on the shared servers.
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
        data: Bytes::from(vec![b'x'; bytes]),
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

/// So many new events of an aggregate at a version. The hash is the first event's, whatever the version: for tests that
/// do not look at the chain.
pub(crate) fn write(aggregate: &AggregateId, expected_version: u64, events: usize) -> Write {
    Write {
        aggregate: aggregate.clone(),
        expected_version,
        previous_hash: EventHash::GENESIS,
        events: (0..events).map(|_| new_event()).collect(),
    }
}

/// A write that follows what was loaded.
pub(crate) fn following(aggregate: &AggregateId, loaded: &[RecordedEvent], events: usize) -> Write {
    Write {
        previous_hash: loaded.last().map_or(EventHash::GENESIS, RecordedEvent::hash),
        ..write(aggregate, loaded.len() as u64, events)
    }
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

/// Appends so many events to a new aggregate, a batch at a time.
pub(crate) async fn fill(store: &EventStore, aggregate: &AggregateId, events: u64) {
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

/// All that was acknowledged, which a replica need not show at once.
pub(crate) async fn load(store: &EventStore, aggregate: &AggregateId) -> Vec<RecordedEvent> {
    store.load(aggregate, Consistency::Leader).await.unwrap()
}

pub(crate) fn versions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.version).collect()
}

pub(crate) fn positions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position).collect()
}

/// All events of the stream up to its present end.
pub(crate) async fn everything(store: &EventStore) -> Vec<RecordedEvent> {
    let end = store.status(&ORDERS).await.unwrap().last_position;
    let mut subscription = store.subscribe(&ORDERS, 0);
    let mut events = Vec::new();
    while subscription.position() < end {
        let batch = tokio::time::timeout(SOON, subscription.next_batch(500)).await;
        events.extend(batch.expect("the stream has more events").unwrap());
    }
    events
}

/// Asserts what every answer promises: acknowledged appends are in the stream exactly once, and where the answer says;
/// refused ones not at all; those of unknown outcome at most once; and never a part of one.
pub(crate) async fn assert_answers_hold(
    store: &EventStore,
    appends: &[Append],
    answers: &[Result<Appended, AppendError>],
) {
    let mut places: HashMap<Uuid, Vec<u64>> = HashMap::new();
    for event in everything(store).await {
        places.entry(event.id).or_default().push(event.position);
    }
    for (append, answer) in appends.iter().zip(answers) {
        let ids = ids(append);
        let found: Vec<&[u64]> = ids.iter().map(|id| places.get(id).map_or(&[][..], |at| at)).collect();
        let absent = found.iter().all(|at| at.is_empty());
        let side_by_side = |last: u64| {
            let positions = last + 1 - ids.len() as u64..=last;
            found.iter().zip(positions).all(|(at, position)| *at == [position])
        };
        let held = match answer {
            Ok(appended) => side_by_side(appended.position),
            Err(AppendError::OutcomeUnknown) => {
                absent || found[ids.len() - 1].last().is_some_and(|at| side_by_side(*at))
            }
            Err(_) => absent,
        };
        assert!(held, "the answer was {answer:?}, its events stand at {found:?}");
    }
}

/// Appends on many tasks, each to an order of its own and one event after the other, until told to stop.
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

async fn write_until(
    store: &EventStore,
    aggregate: &AggregateId,
    stopped: &tokio::sync::watch::Receiver<bool>,
) -> Vec<(Append, Result<Appended, AppendError>)> {
    let mut answers = Vec::new();
    let mut loaded = Vec::new();
    while !*stopped.borrow() {
        let append = append_of(vec![following(aggregate, &loaded, 1)]);
        let answer = store.append(append.clone()).await;
        answers.push((append, answer));
        match store.load(aggregate, Consistency::Leader).await {
            Ok(events) => loaded = events,
            // Nothing can be decided now. The version is taken once more, and conflicts if it has to.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    answers
}
