//! Ordered subscriptions: every event once and in order, through outages, and an error when the stream cannot be
//! trusted.

use event_store::{AggregateId, EventStore, RecordedEvent, Subscription, SubscriptionError};

use crate::support::{
    Foreign, ORDERS, Place, SOON, Writers, add, assert_answers_hold, count, everything, fill, fill_packed, load, order,
    places, positions, servers::OwnServers, store, write,
};

/// Reads until a position is reached.
async fn read_to(subscription: &mut Subscription, position: u64, max: usize) -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    while subscription.position() < position {
        let batch = next(subscription, max).await.unwrap();
        // A commit is returned whole.
        let before_the_last = batch.iter().filter(|event| event.position < subscription.position());
        assert!(
            !batch.is_empty() && before_the_last.count() < max,
            "{} events",
            batch.len()
        );
        events.extend(batch);
        assert_eq!(subscription.position(), events.last().unwrap().position);
    }
    events
}

async fn next(subscription: &mut Subscription, max: usize) -> Result<Vec<RecordedEvent>, SubscriptionError> {
    tokio::time::timeout(SOON, subscription.next_batch(max))
        .await
        .expect("the subscription continues")
}

async fn with_events(count: u64) -> EventStore {
    let store = store().await;
    fill(&store, &order("a"), count).await;
    store
}

#[tokio::test]
async fn from_the_beginning_it_delivers_everything_in_order() {
    let store = with_events(300).await;
    for max in [200, 7] {
        let events = read_to(&mut store.subscribe(&ORDERS, 0), 300, max).await;
        assert_eq!(positions(&events), (1..=300).collect::<Vec<_>>());
    }
    fill_packed(&store, &order("b"), 2_000).await;
    for max in [1_000, 7] {
        let events = read_to(&mut store.subscribe(&ORDERS, 0), 304, max).await;
        assert_eq!(events.len(), 2_300);
        assert!(places(&events).windows(2).all(|pair| pair[0] < pair[1]));
    }
}

#[tokio::test]
async fn it_delivers_the_same_events_as_a_load() {
    let store = with_events(5).await;

    let events = read_to(&mut store.subscribe(&ORDERS, 0), 5, 10).await;

    assert_eq!(events, load(&store, &order("a")).await);
}

#[tokio::test]
async fn from_the_middle_it_starts_with_the_next_event() {
    let store = with_events(10).await;

    let events = read_to(&mut store.subscribe(&ORDERS, 4), 10, 100).await;

    assert_eq!(positions(&events), [5, 6, 7, 8, 9, 10]);
}

#[tokio::test]
async fn it_waits_for_the_next_event() {
    for before in [0, 3] {
        let place = Place::shared().await;
        let store = place.store().await;
        fill(&store, &order("a"), before).await;
        let mut subscription = store.subscribe(&ORDERS, before);
        let waiting = tokio::spawn(async move { next(&mut subscription, 10).await.unwrap() });
        place.waiting_consumer().await;
        assert!(!waiting.is_finished());

        add(&store, vec![write(&order("b"), 0, 1)]).await.unwrap();

        assert_eq!(positions(&waiting.await.unwrap()), [before + 1]);
    }
}

#[tokio::test]
async fn a_dropped_wait_loses_nothing() {
    let store = with_events(300).await;
    let mut subscription = store.subscribe(&ORDERS, 0);
    let mut events = Vec::new();
    let mut patience = 0;
    while subscription.position() < 300 {
        patience += 1;
        tokio::select! {
            biased;
            batch = next(&mut subscription, 3) => events.extend(batch.unwrap()),
            // Dropped at every point at which it waits, a little later each time.
            () = turns(patience) => {}
        }
    }
    assert_eq!(positions(&events), (1..=300).collect::<Vec<_>>());
}

/// Lets every other task run this many times.
async fn turns(count: u32) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn it_continues_from_its_position_when_the_server_deletes_its_consumer() {
    let place = Place::shared().await;
    let store = place.store().await;
    fill(&store, &order("a"), 5).await;
    let stream = place.jetstream().await.get_stream(place.stream_name()).await.unwrap();
    // Nothing has been delivered yet, so the client has no position of its own to resume from.
    let mut subscription = store.subscribe(&ORDERS, 5);
    let waiting = tokio::spawn(async move { next(&mut subscription, 10).await });
    let name = place.waiting_consumer().await;

    stream.delete_consumer(&name).await.unwrap();
    add(&store, vec![write(&order("b"), 0, 1)]).await.unwrap();

    assert_eq!(positions(&waiting.await.unwrap().unwrap()), [6]);
}

#[tokio::test]
async fn events_of_other_types_are_skipped_and_counted() {
    let store = store().await;
    let invoice = |id: &str| AggregateId::new(&ORDERS, "invoice", id).unwrap();
    add(
        &store,
        vec![
            write(&invoice("a"), 0, 2),
            write(&order("a"), 0, 1),
            write(&invoice("b"), 0, 3),
        ],
    )
    .await
    .unwrap();
    let mut orders = store.subscribe(&ORDERS, 0).of_types(&["order"]);
    let mut found = Vec::new();
    add(&store, vec![write(&invoice("c"), 0, 1)]).await.unwrap();
    add(&store, vec![write(&order("a"), 1, 1)]).await.unwrap();
    while orders.position() < 3 {
        let before = orders.position();
        found.extend(next(&mut orders, 1).await.unwrap());
        assert_eq!(orders.position() - before, 1);
    }
    let at: Vec<_> = places(&found).iter().map(event_store::Place::to_string).collect();
    assert_eq!(at, ["1.2", "3"]);
    assert_eq!(orders.events_read(), 8);
    let mut both = store.subscribe(&ORDERS, 0).of_types(&["order", "invoice"]);
    assert_eq!(read_to(&mut both, 3, 100).await.len(), 8);
}

#[tokio::test]
async fn a_position_beyond_the_end_is_an_error() {
    let store = with_events(3).await;

    let error = next(&mut store.subscribe(&ORDERS, 4), 10).await.unwrap_err();

    assert!(
        matches!(error, SubscriptionError::AheadOfStream { after: 4, last: 3, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_foreign_message_stops_it_and_earlier_events_are_delivered() {
    for foreign in [Foreign::WithoutHeaders, Foreign::WithoutBody] {
        let place = Place::shared().await;
        let store = place.store().await;
        fill(&store, &order("a"), 3).await;
        let sequence = place.publish_foreign(foreign).await;
        place.copy_commit(&place, 3).await;
        let mut subscription = store.subscribe(&ORDERS, 0);

        let before = read_to(&mut subscription, 3, 100).await;
        assert_eq!(positions(&before), [1, 2, 3]);

        // The error is repeated on each call.
        for _ in 0..2 {
            let error = next(&mut subscription, 100).await.unwrap_err();
            let SubscriptionError::Envelope(error) = error else {
                panic!("{error}");
            };
            assert_eq!(error.sequence, sequence);
            assert!(error.stream.ends_with("ORDERS"), "{error}");
            assert_eq!(subscription.position(), 3);
        }
    }
}

#[tokio::test]
async fn a_commit_that_does_not_follow_from_the_one_before_it_stops_it() {
    let place = Place::shared().await;
    let store = place.store().await;
    fill(&store, &order("a"), 3).await;
    place.copy_commit(&place, 2).await;
    let mut subscription = store.subscribe(&ORDERS, 0);
    read_to(&mut subscription, 3, 100).await;
    let third = subscription.hash().unwrap();
    // From the beginning; after a known hash; after a hash of another log.
    for (mut subscription, broken) in [
        (store.subscribe(&ORDERS, 0), 4),
        (store.subscribe(&ORDERS, 3).behind(third), 4),
        (store.subscribe(&ORDERS, 2).behind(third), 3),
    ] {
        let error = loop {
            if let Err(error) = next(&mut subscription, 100).await {
                break error;
            }
        };
        assert!(
            matches!(error, SubscriptionError::Broken { sequence, .. } if sequence == broken),
            "{error}"
        );
        assert_eq!(subscription.position(), broken - 1);
    }
    // A subscription without a hash accepts any first commit.
    assert_eq!(next(&mut store.subscribe(&ORDERS, 3), 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_batch_ends_at_its_byte_limit() {
    let store = with_events(50).await;
    let mut subscription = store.subscribe(&ORDERS, 0).with_batch_bytes(1);
    while subscription.position() < 50 {
        assert_eq!(next(&mut subscription, 100).await.unwrap().len(), 1);
    }
    assert_eq!(count(&store).await, 50);
}

#[tokio::test]
async fn an_outage_loses_no_event_and_repeats_none() {
    let servers = OwnServers::start().await;
    let place = Place::at(servers.nats_url()).impatient();
    let store = place.store().await;
    fill(&store, &order("a"), 100).await;
    let mut subscription = store.subscribe(&ORDERS, 0);
    let reading = tokio::spawn(async move {
        let mut events = Vec::new();
        while !events.iter().any(|event: &RecordedEvent| event.aggregate_id == "last") {
            events.extend(next(&mut subscription, 20).await.unwrap());
        }
        events
    });
    let writers = Writers::start(&store, 4);
    for _ in 0..2 {
        grows_by(&store, 50).await;
        servers.without_the_leader(&place, async {}).await;
    }
    grows_by(&store, 50).await;
    let (appends, answers) = writers.stop().await;
    embedded::testing::eventually("the last event is stored", SOON, async || {
        let stored = add(&store, vec![write(&order("last"), 0, 1)]).await;
        stored.is_ok() || !load(&store, &order("last")).await.is_empty()
    })
    .await;

    let events = reading.await.unwrap();

    let last = events.iter().position(|event| event.aggregate_id == "last").unwrap();
    assert_eq!(events[..=last], everything(&store).await[..=last]);
    assert_answers_hold(&store, &appends, &answers).await;
    servers.stop().await;
}

#[tokio::test]
async fn it_outlasts_an_outage_while_it_waits() {
    let servers = OwnServers::start().await;
    let place = Place::at(servers.nats_url()).impatient();
    let store = place.store().await;
    fill(&store, &order("a"), 3).await;
    for position in [3, 4] {
        let mut subscription = store.subscribe(&ORDERS, position);
        let waiting = tokio::spawn(async move { next(&mut subscription, 10).await.unwrap() });
        place.waiting_consumer().await;

        servers.without_the_leader(&place, async {}).await;
        grows_by_appending(&store, position).await;

        assert_eq!(positions(&waiting.await.unwrap()), [position + 1]);
    }
    servers.stop().await;
}

/// Waits until the stream has grown by this many commits.
async fn grows_by(store: &EventStore, commits: u64) {
    let mut target = None;
    embedded::testing::eventually("the stream grows", SOON, async || {
        let Ok(status) = store.status(&ORDERS).await else {
            return false;
        };
        status.last_position >= *target.get_or_insert(status.last_position + commits)
    })
    .await;
}

/// Appends one event as soon as the server accepts it.
async fn grows_by_appending(store: &EventStore, number: u64) {
    let order = order(format!("after{number}"));
    embedded::testing::eventually("an event is stored", SOON, async || {
        let stored = add(store, vec![write(&order, 0, 1)]).await;
        stored.is_ok()
    })
    .await;
}
