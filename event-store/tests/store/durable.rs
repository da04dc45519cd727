//! Durable subscriptions: every event is handled at least once, by one process at a time, whichever process dies in
//! between.

use std::{collections::HashMap, time::Duration};

use async_nats::jetstream::consumer;
use embedded::testing::eventually;
use event_store::{Delivery, Durable, DurableError, DurableOptions, DurableStatus, EventStore, Start};

use crate::support::{Foreign, ORDERS, Place, SOON, add, fill, order, store, write};

/// From the beginning, in order, and with more time than a test takes.
fn in_order() -> DurableOptions {
    DurableOptions {
        start: Start::Beginning,
        ack_wait: Duration::from_secs(120),
        ..DurableOptions::default()
    }
}

fn side_by_side() -> DurableOptions {
    DurableOptions {
        max_ack_pending: 100,
        ..in_order()
    }
}

async fn open(store: &EventStore, options: DurableOptions) -> Durable {
    store.durable(&ORDERS, "reactor", options).await.unwrap()
}

async fn next(durable: &mut Durable) -> Delivery {
    let next = tokio::time::timeout(SOON, durable.next_batch(1)).await;
    next.expect("there is an event").unwrap().remove(0)
}

/// Takes and acknowledges this many events, and returns their positions.
async fn handle(durable: &mut Durable, count: usize) -> Vec<u64> {
    let mut positions = Vec::new();
    while positions.len() < count {
        let delivery = next(durable).await;
        assert_eq!(delivery.event.as_ref().unwrap().position, delivery.place.position);
        delivery.ack().await.unwrap();
        positions.push(delivery.place.position);
    }
    positions
}

#[tokio::test]
async fn events_come_in_order_and_a_later_process_continues_from_the_position() {
    let place = Place::shared().await;
    let store = place.store().await;
    fill(&store, &order("a"), 10).await;

    assert_eq!(handle(&mut open(&store, in_order()).await, 4).await, [1, 2, 3, 4]);

    // As after a restart: a new connection, and options with a different start.
    let again = DurableOptions {
        start: Start::New,
        ..in_order()
    };
    assert_eq!(
        handle(&mut open(&place.store().await, again).await, 6).await,
        [5, 6, 7, 8, 9, 10]
    );
}

#[tokio::test]
async fn a_subscription_starts_where_its_options_say() {
    let store = store().await;
    fill(&store, &order("a"), 5).await;
    for (name, start, first) in [
        ("all", Start::Beginning, 1),
        ("after", Start::After(3), 4),
        ("new", Start::New, 6),
    ] {
        let options = DurableOptions { start, ..in_order() };
        let mut durable = store.durable(&ORDERS, name, options).await.unwrap();
        if start == Start::New {
            add(&store, vec![write(&order("b"), 0, 1)]).await.unwrap();
        }
        assert_eq!(next(&mut durable).await.place.position, first, "{name}");
    }
    let beyond = DurableOptions {
        start: Start::After(9),
        ..in_order()
    };
    let refused = store.durable(&ORDERS, "beyond", beyond).await;
    assert!(
        matches!(refused, Err(DurableError::AheadOfStream { after: 9, last: 6, .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_event_that_a_dead_process_did_not_acknowledge_goes_to_another_process() {
    let place = Place::shared().await;
    let store = place.store().await;
    fill(&store, &order("a"), 3).await;
    let options = DurableOptions {
        ack_wait: Duration::from_secs(1),
        ..in_order()
    };
    let dying = place.store().await;
    let mut durable = open(&dying, options.clone()).await;
    let held = next(&mut durable).await;
    assert_eq!((held.place.position, held.attempt), (1, 1));
    drop((held, durable, dying));

    let again = next(&mut open(&store, options).await).await;

    assert_eq!((again.place.position, again.attempt), (1, 2));
}

#[tokio::test]
async fn processes_that_share_a_name_never_hold_the_same_event() {
    let place = Place::shared().await;
    fill(&place.store().await, &order("a"), 300).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let mut durable = open(&place.store().await, side_by_side()).await;
        tasks.spawn(async move {
            let mut handled = Vec::new();
            while durable.status().await.unwrap().lag_events() > 0 {
                // Another process may have taken the last one.
                let Ok(taken) = tokio::time::timeout(Duration::from_millis(500), durable.next_batch(3)).await else {
                    continue;
                };
                for delivery in taken.unwrap() {
                    delivery.ack().await.unwrap();
                    handled.push((delivery.place.position, delivery.attempt));
                }
            }
            handled
        });
    }
    let mut handled: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    handled.sort_unstable();
    assert_eq!(handled, (1..=300).map(|position| (position, 1)).collect::<Vec<_>>());
}

#[tokio::test]
async fn in_order_an_event_that_is_given_back_comes_before_all_others() {
    let store = store().await;
    fill(&store, &order("a"), 3).await;
    let mut durable = open(&store, in_order()).await;
    for attempt in 1..=3 {
        let first = next(&mut durable).await;
        assert_eq!((first.place.position, first.attempt), (1, attempt));
        first.retry(Duration::from_millis(50)).await.unwrap();
    }
    let first = next(&mut durable).await;
    assert_eq!((first.place.position, first.attempt), (1, 4));
    first.ack().await.unwrap();
    assert_eq!(handle(&mut durable, 2).await, [2, 3]);
}

#[tokio::test]
async fn without_order_an_event_that_is_given_back_is_overtaken() {
    let store = store().await;
    fill(&store, &order("a"), 3).await;
    let mut durable = open(&store, side_by_side()).await;
    let first = next(&mut durable).await;
    first.retry(Duration::from_secs(3)).await.unwrap();

    assert_eq!(handle(&mut durable, 2).await, [2, 3]);
    let again = next(&mut durable).await;
    assert_eq!((again.place.position, again.attempt), (1, 2));
}

#[tokio::test]
async fn several_events_are_taken_at_once_without_waiting_for_more() {
    let store = store().await;
    fill(&store, &order("a"), 10).await;
    let mut durable = open(&store, side_by_side()).await;
    let mut take = async |most| {
        let taken = tokio::time::timeout(SOON, durable.next_batch(most)).await;
        let mut positions = Vec::new();
        for delivery in taken.expect("there are events").unwrap() {
            delivery.ack().await.unwrap();
            positions.push(delivery.place.position);
        }
        positions
    };
    assert_eq!(take(4).await, [1, 2, 3, 4]);
    assert_eq!(take(100).await, [5, 6, 7, 8, 9, 10]);

    let b = order("b");
    let (later, ()) = tokio::join!(take(100), fill(&store, &b, 1));
    assert_eq!(later, [11], "it was waited for");
}

#[tokio::test]
async fn an_event_with_extended_time_is_kept_while_others_are_lost() {
    let place = Place::shared().await;
    let store = place.store().await;
    fill(&store, &order("a"), 2).await;
    let options = DurableOptions {
        ack_wait: Duration::from_secs(3),
        ..side_by_side()
    };
    let mut durable = open(&store, options.clone()).await;
    let kept = next(&mut durable).await;
    let lost = next(&mut durable).await;
    let mut other = open(&place.store().await, options).await;

    let delivered = loop {
        kept.in_progress().await.unwrap();
        if let Ok(delivered) = tokio::time::timeout(Duration::from_millis(200), other.next_batch(1)).await {
            break delivered.unwrap().remove(0);
        }
    };

    assert_eq!((kept.place.position, kept.attempt), (1, 1));
    assert_eq!((delivered.place.position, delivered.attempt), (lost.place.position, 2));
    kept.ack().await.unwrap();
}

#[tokio::test]
async fn an_unreadable_message_is_delivered_to_be_skipped_or_retried() {
    let place = Place::shared().await;
    let store = place.store().await;
    let sequence = place.publish_foreign(Foreign::WithoutHeaders).await;
    // The store itself cannot append after an unreadable message.
    let other = Place::shared().await;
    fill(&other.store().await, &order("a"), 1).await;
    let after = place.copy_commit(&other, 1).await;
    // The message is delivered whatever types are wanted, because its type is unknown.
    let options = DurableOptions {
        event_types: ["order.placed".to_owned()].into(),
        ..in_order()
    };
    let mut durable = open(&store, options).await;

    let unreadable = next(&mut durable).await;
    let error = unreadable.event.as_ref().unwrap_err();
    assert_eq!((error.sequence, unreadable.place.position), (sequence, sequence));
    assert!(error.stream.ends_with("ORDERS"), "{error}");
    unreadable.retry(Duration::ZERO).await.unwrap();
    let again = next(&mut durable).await;
    assert_eq!(
        (again.place.position, again.attempt, again.event.is_err()),
        (sequence, 2, true)
    );
    again.ack().await.unwrap();

    assert_eq!(handle(&mut durable, 1).await, [after]);
}

#[tokio::test]
async fn only_wanted_types_are_delivered() {
    let store = store().await;
    for number in 0..30 {
        let mut write = write(&order(format!("n{number}")), 0, 1);
        if number % 10 == 9 {
            write.events[0].event_type = "order.paid".to_owned();
        }
        add(&store, vec![write]).await.unwrap();
    }
    let options = DurableOptions {
        event_types: ["order.paid".to_owned(), "order.sent".to_owned()].into(),
        ..in_order()
    };
    let mut durable = open(&store, options).await;

    assert_eq!(handle(&mut durable, 3).await, [10, 20, 30]);

    assert_eq!(durable.status().await.unwrap().last_acked, 30);
}

#[tokio::test]
async fn the_status_reports_the_progress() {
    let store = store().await;
    fill(&store, &order("a"), 5).await;
    let mut durable = open(&store, side_by_side()).await;
    assert_eq!(handle(&mut durable, 3).await, [1, 2, 3]);
    let held = next(&mut durable).await;
    next(&mut durable).await.retry(Duration::ZERO).await.unwrap();
    let again = next(&mut durable).await;
    assert_eq!((again.place.position, again.attempt), (5, 2));
    fill(&store, &order("b"), 4).await;

    let expected = DurableStatus {
        pending: 4,
        ack_pending: 2,
        redelivered: 1,
        last_acked: 3,
        is_paused: false,
    };
    // The server counts a new message a moment later.
    eventually("all is counted", SOON, async || {
        durable.status().await.unwrap() == expected
    })
    .await;
    assert_eq!(expected.lag_events(), 6);
    held.ack().await.unwrap();
    again.ack().await.unwrap();
    assert_eq!(durable.status().await.unwrap().last_acked, 5);
}

#[tokio::test]
async fn changed_options_are_applied_and_acknowledgements_stay() {
    let place = Place::shared().await;
    let store = place.store().await;
    fill(&store, &order("a"), 4).await;
    handle(&mut open(&store, in_order()).await, 2).await;
    let changed = DurableOptions {
        ack_wait: Duration::from_secs(7),
        max_ack_pending: 9,
        ..in_order()
    };

    let mut durable = open(&store, changed).await;

    let stream = place.jetstream().await.get_stream(place.stream_name()).await.unwrap();
    let config = stream.consumer_info("reactor").await.unwrap().config;
    assert_eq!((config.ack_wait, config.max_ack_pending), (Duration::from_secs(7), 9));
    assert_eq!(handle(&mut durable, 2).await, [3, 4]);
}

#[tokio::test]
async fn a_paused_subscription_delivers_nothing_until_it_is_resumed() {
    let store = store().await;
    store.pause_durable(&ORDERS, "reactor", &in_order()).await.unwrap();
    fill(&store, &order("a"), 3).await;
    let changed = DurableOptions {
        max_ack_pending: 9,
        ..in_order()
    };
    let mut durable = open(&store, changed).await;
    let waits = tokio::time::timeout(Duration::from_millis(200), durable.next_batch(1)).await;
    assert!(waits.is_err(), "{waits:?}");
    let status = durable.status().await.unwrap();
    assert!(status.is_paused && status.pending == 3, "{status:?}");

    assert!(store.resume_durable(&ORDERS, "reactor").await.unwrap());

    assert_eq!(handle(&mut durable, 3).await, [1, 2, 3]);
    store.pause_durable(&ORDERS, "reactor", &in_order()).await.unwrap();
    add(&store, vec![write(&order("b"), 0, 1)]).await.unwrap();
    let waits = tokio::time::timeout(Duration::from_millis(200), durable.next_batch(1)).await;
    assert!(waits.is_err(), "{waits:?}");
    store.resume_durable(&ORDERS, "reactor").await.unwrap();
    assert_eq!(handle(&mut durable, 1).await, [4]);
    assert!(!durable.status().await.unwrap().is_paused);
    assert!(!store.resume_durable(&ORDERS, "nobody").await.unwrap());
}

#[tokio::test]
async fn stores_that_open_a_name_together_share_it() {
    let place = Place::shared().await;
    let stores = futures_util::future::join_all((0..6).map(|_| place.store())).await;
    fill(&stores[0], &order("a"), 2).await;
    let starts = [Start::Beginning, Start::New, Start::After(1)];
    let options = starts.iter().cycle().map(|start| DurableOptions {
        start: *start,
        ..in_order()
    });
    let opening = stores
        .iter()
        .zip(options)
        .map(|(store, options)| store.durable(&ORDERS, "reactor", options));

    for opened in futures_util::future::join_all(opening).await {
        opened.unwrap();
    }
}

#[tokio::test]
async fn invalid_names_and_options_are_refused() {
    let place = Place::shared().await;
    let store = place.store().await;
    for bad in ["", "a.b", "a b", "*"] {
        let refused = store.durable(&ORDERS, bad, in_order()).await;
        assert!(matches!(refused, Err(DurableError::Name(_))), "{bad}: {refused:?}");
    }
    let nothing_held = DurableOptions {
        max_ack_pending: 0,
        ..in_order()
    };
    let no_time = DurableOptions {
        ack_wait: Duration::ZERO,
        ..in_order()
    };
    let stream = place.jetstream().await.get_stream(place.stream_name()).await.unwrap();
    let other_kind = consumer::pull::Config {
        durable_name: Some("taken".to_owned()),
        ack_policy: consumer::AckPolicy::None,
        ..consumer::pull::Config::default()
    };
    stream.create_consumer(other_kind).await.unwrap();
    for (name, options, reason) in [
        ("held", nothing_held, "max_ack_pending"),
        ("time", no_time, "ack_wait"),
        ("taken", in_order(), "ack policy"),
    ] {
        let refused = store.durable(&ORDERS, name, options).await;
        let Err(DurableError::Refused { reason: given, .. }) = refused else {
            panic!("{name}: {refused:?}");
        };
        assert!(given.contains(reason), "{given}");
    }
}

#[tokio::test]
async fn a_waiting_caller_gets_an_error_when_the_subscription_is_deleted() {
    let place = Place::shared().await;
    let store = place.store().await;
    let mut durable = open(&store, in_order()).await;
    let waiting = tokio::spawn(async move {
        let ended = durable.next_batch(1).await;
        (ended.map(drop), durable.status().await.map(drop))
    });
    place.waiting_consumer().await;

    let stream = place.jetstream().await.get_stream(place.stream_name()).await.unwrap();
    stream.delete_consumer("reactor").await.unwrap();

    let (ended, status) = tokio::time::timeout(SOON, waiting).await.expect("it ends").unwrap();
    assert!(matches!(ended, Err(DurableError::Gone { .. })), "{ended:?}");
    assert!(matches!(status, Err(DurableError::Gone { .. })), "{status:?}");
}

#[tokio::test]
async fn a_dropped_wait_loses_nothing() {
    let store = store().await;
    fill(&store, &order("a"), 60).await;
    let mut durable = open(&store, side_by_side()).await;
    let mut seen = HashMap::new();
    let mut patience = 0;
    while seen.len() < 60 {
        patience += 1;
        let given_up = async {
            for _ in 0..patience {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            taken = durable.next_batch(7) => for delivery in taken.unwrap() {
                delivery.ack().await.unwrap();
                assert_eq!(seen.insert(delivery.place.position, delivery.attempt), None);
            },
            // Dropped at every point at which it waits, a little later each time.
            () = given_up => {}
        }
    }
    assert!(seen.values().all(|attempt| *attempt == 1), "{seen:?}");
    eventually("everything is acknowledged", SOON, async || {
        durable.status().await.unwrap().lag_events() == 0
    })
    .await;
}

/// Takes deliveries within the time limit.
async fn take(durable: &mut Durable, most: usize) -> Vec<Delivery> {
    let taken = tokio::time::timeout(SOON, durable.next_batch(most)).await;
    taken.expect("there are events").unwrap()
}

fn told(deliveries: &[Delivery]) -> Vec<(String, u64)> {
    let told = |delivery: &Delivery| (delivery.place.to_string(), delivery.attempt);
    deliveries.iter().map(told).collect()
}

fn expected(places: &[(&str, u64)]) -> Vec<(String, u64)> {
    places
        .iter()
        .map(|(place, attempt)| ((*place).to_owned(), *attempt))
        .collect()
}

#[tokio::test]
async fn each_event_of_a_commit_is_a_delivery_and_the_last_one_acknowledges_it() {
    let store = store().await;
    add(&store, vec![write(&order("a"), 0, 2), write(&order("b"), 0, 1)])
        .await
        .unwrap();
    add(&store, vec![write(&order("c"), 0, 1)]).await.unwrap();
    let mut durable = open(&store, side_by_side()).await;

    let taken = take(&mut durable, 100).await;

    assert_eq!(told(&taken), expected(&[("1", 1), ("1.1", 1), ("1.2", 1), ("2", 1)]));
    for (delivery, last_acked) in taken.iter().zip([0, 0, 1, 2]) {
        delivery.ack().await.unwrap();
        assert_eq!(durable.status().await.unwrap().last_acked, last_acked);
    }
}

#[tokio::test]
async fn no_more_events_are_delivered_than_were_asked_for() {
    let store = store().await;
    add(&store, vec![write(&order("a"), 0, 7)]).await.unwrap();
    let mut durable = open(&store, side_by_side()).await;
    let mut seen = Vec::new();
    for count in [3, 3, 1] {
        let taken = take(&mut durable, 3).await;
        assert_eq!(taken.len(), count);
        seen.extend(taken);
    }
    assert_eq!(durable.status().await.unwrap().ack_pending, 1);
    for delivery in seen {
        delivery.ack().await.unwrap();
    }
    assert_eq!(durable.status().await.unwrap().lag_events(), 0);
}

#[tokio::test]
async fn a_process_skips_the_handled_events_of_a_redelivered_commit() {
    let place = Place::shared().await;
    let store = place.store().await;
    add(&store, vec![write(&order("a"), 0, 4)]).await.unwrap();
    let mut durable = open(&store, side_by_side()).await;
    for attempt in 1..=3 {
        let taken = take(&mut durable, 100).await;
        match attempt {
            1 => assert_eq!(told(&taken), expected(&[("1", 1), ("1.1", 1), ("1.2", 1), ("1.3", 1)])),
            _ => assert_eq!(told(&taken), expected(&[("1.1", attempt), ("1.3", attempt)])),
        }
        for delivery in taken {
            match delivery.place.index {
                1 | 3 => delivery.retry(Duration::ZERO).await.unwrap(),
                _ => delivery.ack().await.unwrap(),
            }
        }
    }
    // Another process does not know what was handled. It cannot tell how often each event was delivered, and reports
    // the maximum.
    let mut other = open(&place.store().await, side_by_side()).await;
    drop(durable);
    let taken = take(&mut other, 100).await;
    assert_eq!(told(&taken), expected(&[("1", 4), ("1.1", 4), ("1.2", 4), ("1.3", 4)]));
}

#[tokio::test]
async fn in_order_the_events_of_a_commit_come_one_after_the_other_and_none_overtakes_another() {
    let store = store().await;
    for id in ["a", "b"] {
        add(&store, vec![write(&order(id), 0, 3)]).await.unwrap();
    }
    let mut durable = open(&store, in_order()).await;
    let mut seen = Vec::new();
    while seen.last() != Some(&("2.2".to_owned(), 1)) {
        let taken = take(&mut durable, 100).await;
        seen.extend(told(&taken));
        let [delivery] = &taken[..] else {
            panic!("{taken:?}");
        };
        match (delivery.place.to_string().as_str(), delivery.attempt) {
            ("1.1", 1 | 2) | ("2", 1) => delivery.retry(Duration::from_millis(20)).await.unwrap(),
            _ => delivery.ack().await.unwrap(),
        }
    }
    let order = [
        ("1", 1),
        ("1.1", 1),
        ("1.1", 2),
        ("1.1", 3),
        ("1.2", 1),
        ("2", 1),
        ("2", 2),
        ("2.1", 1),
        ("2.2", 1),
    ];
    assert_eq!(seen, expected(&order));
    eventually("everything is acknowledged", SOON, async || {
        durable.status().await.unwrap().last_acked == 2
    })
    .await;
}

#[tokio::test]
async fn in_order_the_next_event_waits_until_the_previous_one_is_settled() {
    let store = store().await;
    add(&store, vec![write(&order("a"), 0, 2)]).await.unwrap();
    let options = DurableOptions {
        ack_wait: Duration::from_secs(2),
        ..in_order()
    };
    let mut durable = open(&store, options).await;
    let first = take(&mut durable, 1).await;
    // The event is acknowledged while a caller waits for the next one.
    let (second, acked) = tokio::join!(take(&mut durable, 1), first[0].ack());
    acked.unwrap();
    assert_eq!(told(&second), expected(&[("1.1", 1)]));
    drop(second);
    // The event is not settled: it comes again when its ack wait is over. The handled event does not.
    assert_eq!(told(&take(&mut durable, 1).await), expected(&[("1.1", 2)]));
}
