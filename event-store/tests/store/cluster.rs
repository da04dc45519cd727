//! Behaviour on a cluster: leaders die, nodes restart one after the other, and leaders step down while replicas lag.

use embedded::testing::{PrivateCluster, eventually};
use event_store::{AggregateId, AppendError, EventStore, RecordedEvent};
use tokio::task::JoinHandle;

use crate::support::{
    ORDERS, Place, SOON, Writers, add, assert_answers_hold, caught_up, count, event_of, following, order, positions,
    versions, write,
};

/// A place on a cluster, with a copy of each stream on each node.
fn on(url: &str) -> Place {
    let mut place = Place::at(url);
    place.options.streams.replicas = 3;
    place
}

/// Waits until the stream has grown by this many commits.
async fn grows_by(store: &EventStore, commits: u64) {
    let mut target = None;
    eventually("the stream grows", SOON, async || {
        let Ok(status) = store.status(&ORDERS).await else {
            return false;
        };
        status.last_position >= *target.get_or_insert(status.last_position + commits)
    })
    .await;
}

/// Reads the stream from its beginning to the order `last`.
fn read_to_the_last(store: &EventStore) -> JoinHandle<Vec<RecordedEvent>> {
    let mut subscription = store.subscribe(&ORDERS, 0);
    tokio::spawn(async move {
        let mut events: Vec<RecordedEvent> = Vec::new();
        while !events.iter().any(|event| event.aggregate_id == "last") {
            events.extend(subscription.next_batch(100).await.unwrap());
        }
        events
    })
}

async fn append_the_last(store: &EventStore) {
    eventually("the last event is stored", SOON, async || {
        let stored = add(store, vec![write(&order("last"), 0, 1)]).await;
        stored.is_ok() || stored == Err(AppendError::Conflict)
    })
    .await;
}

#[tokio::test]
async fn appends_continue_and_subscriptions_resume_after_a_leader_is_killed() {
    let cluster = PrivateCluster::start().await;
    let place = on(cluster.nats_url());
    let store = place.store().await;
    let reading = read_to_the_last(&store);
    let writers = Writers::start(&store, 64);
    grows_by(&store, 100).await;

    let leader = cluster.leader_of(&place.stream_name()).await;
    cluster.kill_node(leader).await;
    grows_by(&store, 100).await;
    cluster.start_node(leader).await;
    grows_by(&store, 100).await;

    let (appends, answers) = writers.stop().await;
    append_the_last(&store).await;
    let events = tokio::time::timeout(SOON, reading)
        .await
        .expect("it reads to the end")
        .unwrap();
    assert_eq!(events.len(), count(&store).await, "it has read every event once");
    assert!(positions(&events).is_sorted());
    assert_answers_hold(&store, &appends, &answers).await;
    cluster.stop().await;
}

#[tokio::test]
async fn a_rolling_restart_keeps_every_promise() {
    let cluster = PrivateCluster::start().await;
    let place = on(cluster.nats_url());
    let store = place.store().await;
    let writers = Writers::start(&store, 64);
    for _ in 0..3 {
        grows_by(&store, 50).await;
        let leader = cluster.leader_of(&place.stream_name()).await;
        cluster.stop_node(leader).await;
        grows_by(&store, 50).await;
        cluster.start_node(leader).await;
    }
    let (appends, answers) = writers.stop().await;
    assert_answers_hold(&store, &appends, &answers).await;
    cluster.stop().await;
}

/// A leader that stops leaves commits and requests without an answer. They are retried long before their time is up.
#[tokio::test]
async fn a_request_whose_answer_is_lost_with_the_leader_is_retried() {
    let cluster = PrivateCluster::start().await;
    let mut place = on(cluster.nats_url());
    place.options.request_timeout = SOON * 10;
    place.store().await;
    for _ in 0..3 {
        let leader = cluster.leader_of(&place.stream_name()).await;
        let store = place.through(cluster.node_url((leader + 1) % 3)).store().await;
        let writers = Writers::start(&store, 8);
        grows_by(&store, 20).await;
        cluster.kill_node(leader).await;
        grows_by(&store, 20).await;
        cluster.start_node(leader).await;
        let (appends, answers) = writers.stop().await;
        assert_answers_hold(&store, &appends, &answers).await;
    }
    cluster.stop().await;
}

#[tokio::test]
async fn leaders_that_step_down_keep_every_promise() {
    let cluster = PrivateCluster::start().await;
    let place = on(cluster.nats_url());
    let store = place.store().await;
    let writers = Writers::start(&store, 64);
    for _ in 0..8 {
        grows_by(&store, 20).await;
        cluster.step_down(&place.stream_name()).await;
    }
    let (appends, answers) = writers.stop().await;
    assert_answers_hold(&store, &appends, &answers).await;
    cluster.stop().await;
}

/// A leader that was paused does not know at once that it was deposed, and its view of the stream is old.
#[tokio::test]
async fn a_deposed_leader_does_not_stop_a_subscription_that_is_ahead_of_it() {
    let cluster = PrivateCluster::start().await;
    let place = on(cluster.nats_url());
    let store = place.store().await;
    for round in 0..2 {
        let leader = cluster.leader_of(&place.stream_name()).await;
        let deposed = place.through(cluster.node_url(leader)).store().await;
        let other = place.through(cluster.node_url((leader + 1) % 3)).store().await;
        cluster.pause_node(leader).await;
        let order = order(format!("a{round}"));
        eventually("another node leads", SOON, async || {
            let stored = add(&other, vec![write(&order, 0, 1)]).await;
            stored.is_ok() || stored == Err(AppendError::Conflict)
        })
        .await;
        fill_up(&other, &order, 100).await;
        // The paused node may have led the whole cluster, which answers such requests only when it has a leader
        // again.
        let mut end = 0;
        eventually("the stream can be asked", SOON, async || {
            let status = other.status(&ORDERS).await;
            end = status.as_ref().map_or(0, |status| status.last_position);
            status.is_ok()
        })
        .await;

        // Its first request waits for the paused node.
        let mut subscription = deposed.subscribe(&ORDERS, end);
        let next = tokio::spawn(async move { subscription.next_batch(1).await });
        tokio::task::yield_now().await;
        cluster.resume_node(leader).await;
        eventually("the cluster takes appends", SOON, async || {
            let stored = add(&store, vec![write(&order, 100, 1)]).await;
            stored.is_ok() || stored == Err(AppendError::Conflict)
        })
        .await;

        let events = tokio::time::timeout(SOON, next).await.expect("an event comes").unwrap();
        assert_eq!(positions(&events.unwrap()), [end + 1]);
    }
    cluster.stop().await;
}

/// A node that was paused has missed commits, and serves what it has while it catches up. A process that follows it
/// or reads from it lags, but its decisions are taken on the current stream.
#[tokio::test]
async fn a_replica_that_lags_delays_a_decision_and_never_falsifies_it() {
    const EVENTS: u64 = 100;
    let cluster = PrivateCluster::start().await;
    let place = on(cluster.nats_url());
    place.store().await;
    let leader = cluster.leader_of(&place.stream_name()).await;
    let (near, far) = ((leader + 1) % 3, (leader + 2) % 3);
    let store = place.through(cluster.node_url(near)).store().await;
    let lagging = place.through(cluster.node_url(far)).store().await;
    for round in 0..5 {
        let order = order(format!("a{round}"));
        add(&store, vec![write(&order, 0, 1)]).await.unwrap();
        caught_up(&lagging).await;
        cluster.pause_node(far).await;
        fill_up(&store, &order, EVENTS).await;
        cluster.resume_node(far).await;

        let taken = add(&lagging, vec![write(&order, 1, 1)]);
        let refused = lagging.decide(&ORDERS, {
            let order = order.clone();
            move |view| Ok(Err::<(), u64>(view.head(&order)?.version))
        });
        let (taken, refused) = tokio::join!(taken, refused);
        // Appends may fail while the node is not back. An answer that comes is right.
        assert!(
            matches!(taken, Err(AppendError::Conflict | AppendError::Unavailable(_))),
            "{taken:?}"
        );
        match refused {
            Ok(decided) => assert_eq!(decided.outcome, Err(EVENTS)),
            Err(error) => assert!(matches!(error, AppendError::Unavailable(_)), "{error}"),
        }

        let mut whole = Vec::new();
        eventually("the node has caught up", SOON, async || {
            let caught_up = lagging.catch_up(&ORDERS, |_, _| {}).await.is_ok();
            whole = lagging.load(&order).await.unwrap_or_default();
            caught_up && whole.len() as u64 == EVENTS
        })
        .await;
        assert_eq!(versions(&whole), (1..=EVENTS).collect::<Vec<_>>());
        add(&lagging, vec![following(&order, &whole, 1)]).await.unwrap();
    }
    cluster.stop().await;
}

/// Appends to an order with one event until it has this many, one at a time.
async fn fill_up(store: &EventStore, order: &AggregateId, events: u64) {
    for version in 1..events {
        let mut large = write(order, version, 1);
        large.events = vec![event_of(10_000)];
        add(store, vec![large]).await.unwrap();
    }
}
