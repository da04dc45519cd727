//! Appending: what is stored, what is refused, and that only one append gets a version.

use event_store::{AggregateId, Append, AppendError, CommitHash, Metadata};
use uuid::Uuid;

use crate::support::{
    INVOICES, ORDERS, Place, add, append_all, append_of, assert_answers_hold, assert_whole, commits, count, event_of,
    following, ids, load, metadata, order, places, positions, store, versions, write,
};

#[tokio::test]
async fn appended_events_are_loaded() {
    let store = store().await;
    let order = order("a-1");
    let append = Append {
        metadata: Metadata {
            causation_id: Some(Uuid::from_u128(9)),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            ..metadata()
        },
        ..append_of(vec![write(&order, 0, 3)])
    };

    let appended = store.append(append.clone()).await.unwrap();

    let events = load(&store, &order).await;
    assert_eq!(versions(&events), [1, 2, 3]);
    assert_eq!(appended.position, events[2].position);
    for (event, new) in events.iter().zip(&append.writes[0].events) {
        assert_eq!(
            (event.aggregate_type.as_str(), event.aggregate_id.as_str()),
            ("order", "a-1")
        );
        assert_eq!((event.id, &event.event_type), (new.id, &new.event_type));
        assert_eq!((event.schema_version, &event.data), (new.schema_version, &new.data));
        assert_eq!(event.metadata, append.metadata);
    }
}

#[tokio::test]
async fn the_position_is_the_sequence_in_the_stream() {
    let place = Place::shared().await;
    let store = place.store().await;

    let appended = add(&store, vec![write(&order("a"), 0, 2)]).await.unwrap();

    let stream = place.jetstream().await.get_stream(place.stream_name()).await.unwrap();
    let message = stream.get_raw_message(appended.position).await.unwrap();
    assert_eq!(message.subject.as_str(), place.subject("orders.log"));
    assert_eq!(store.status(&ORDERS).await.unwrap().last_position, appended.position);
}

#[tokio::test]
async fn the_hash_chain_holds_across_appends_and_loads() {
    let store = store().await;
    let order = order("a");
    for count in [3, 1, 2] {
        let loaded = load(&store, &order).await;
        add(&store, vec![following(&order, &loaded, count)]).await.unwrap();
    }

    assert_eq!(versions(&load(&store, &order).await), [1, 2, 3, 4, 5, 6]);
    let commits = commits(&store).await;
    assert_eq!(commits.len(), 3);
    assert_eq!(commits[0].previous_hash, CommitHash::GENESIS);
    for pair in commits.windows(2) {
        assert_eq!(pair[1].previous_hash, pair[0].hash());
    }
}

#[tokio::test]
async fn a_version_that_was_taken_conflicts_and_stores_nothing() {
    let store = store().await;
    let order = order("a");
    add(&store, vec![write(&order, 0, 2)]).await.unwrap();

    for (expected_version, events) in [(0, 1), (1, 1), (1, 5), (0, 3)] {
        let refused = add(&store, vec![write(&order, expected_version, events)]).await;
        assert_eq!(refused, Err(AppendError::Conflict), "{events} after {expected_version}");
    }

    assert_eq!(versions(&load(&store, &order).await), [1, 2]);
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn a_version_that_was_never_reached_conflicts_and_leaves_no_hole() {
    let store = store().await;
    let (a, b) = (order("a"), order("b"));
    add(&store, vec![write(&a, 0, 2)]).await.unwrap();

    let too_far = [
        vec![write(&a, 3, 1)],
        vec![write(&b, 1, 1)],
        vec![write(&a, 2, 1), write(&b, 1, 1)],
    ];
    for writes in too_far {
        assert_eq!(add(&store, writes).await, Err(AppendError::Conflict));
    }

    assert_eq!(count(&store).await, 2);
    add(&store, vec![write(&a, 2, 1), write(&b, 0, 1)]).await.unwrap();
}

/// As after a restart: the store looks up a version that it does not have in memory.
#[tokio::test]
async fn a_store_continues_from_a_version_that_another_store_has_reached() {
    let place = Place::shared().await;
    let (one, other) = (place.store().await, place.store().await);
    add(&one, vec![write(&order("a"), 0, 2)]).await.unwrap();

    add(&other, vec![write(&order("a"), 2, 1)]).await.unwrap();

    assert_eq!(versions(&load(&one, &order("a")).await), [1, 2, 3]);
}

#[tokio::test]
async fn the_same_append_sent_again_is_stored_once() {
    let store = store().await;
    for events in [1, 3] {
        let append = append_of(vec![write(&order(format!("a{events}")), 0, events)]);
        store.append(append.clone()).await.unwrap();

        assert_eq!(store.append(append).await, Err(AppendError::Conflict));
    }
    assert_eq!(count(&store).await, 4);
}

#[tokio::test]
async fn one_of_many_writers_at_one_version_succeeds() {
    let place = Place::shared().await;
    // Two stores act as two processes. One queue alone would put the writers in order.
    let (one, other) = (place.store().await, place.store().await);
    let order = order("hot");
    let appends: Vec<_> = (0..64).map(|_| append_of(vec![write(&order, 0, 1)])).collect();

    let (left, right) = appends.split_at(32);
    let (mut answers, of_other) = tokio::join!(append_all(&one, left), append_all(&other, right));
    answers.extend(of_other);

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let conflicts = answers.iter().filter(|a| **a == Err(AppendError::Conflict)).count();
    assert_eq!(conflicts, 63, "{answers:?}");
    assert_answers_hold(&one, &appends, &answers).await;
}

#[tokio::test]
async fn many_writers_that_reload_and_retry_leave_dense_versions() {
    const WRITERS: u64 = 64;
    let place = Place::shared().await;
    let (one, other) = (place.store().await, place.store().await);
    let order = order("hot");
    let retrying = |number: u64| {
        let (store, order) = (if number.is_multiple_of(2) { &one } else { &other }, &order);
        async move {
            loop {
                let loaded = store.load(order).await.unwrap();
                let append = append_of(vec![following(order, &loaded, 1)]);
                match store.append(append.clone()).await {
                    Ok(appended) => return (ids(&append)[0], appended.position),
                    Err(AppendError::Conflict) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
    };

    let mut acknowledged = futures_util::future::join_all((0..WRITERS).map(retrying)).await;

    let events = load(&one, &order).await;
    assert_eq!(versions(&events), (1..=WRITERS).collect::<Vec<_>>());
    let mut stored: Vec<_> = events.iter().map(|event| (event.id, event.position)).collect();
    acknowledged.sort_unstable();
    stored.sort_unstable();
    assert_eq!(stored, acknowledged);
    assert_whole(&one).await;
}

#[tokio::test]
async fn a_unit_of_work_is_stored_whole() {
    let store = store().await;
    let (a, b, c) = (order("a"), order("b"), order("c"));

    let appended = add(&store, vec![write(&a, 0, 1), write(&b, 0, 2), write(&c, 0, 1)])
        .await
        .unwrap();

    let at = |events: &[event_store::RecordedEvent]| -> Vec<String> {
        places(events).iter().map(event_store::Place::to_string).collect()
    };
    assert_eq!(at(&load(&store, &a).await), ["1"]);
    assert_eq!(at(&load(&store, &b).await), ["1.1", "1.2"]);
    assert_eq!(at(&load(&store, &c).await), ["1.3"]);
    assert_eq!(appended.position, 1);
}

#[tokio::test]
async fn one_conflicting_write_fails_the_whole_unit_of_work() {
    let store = store().await;
    let taken = order("taken");
    add(&store, vec![write(&taken, 0, 1)]).await.unwrap();

    for conflicting in 0..3 {
        let mut writes: Vec<_> = (0..3).map(|n| write(&order(format!("new{n}")), 0, 1)).collect();
        writes[conflicting] = write(&taken, 0, 1);
        assert_eq!(add(&store, writes).await, Err(AppendError::Conflict), "{conflicting}");
    }

    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn an_append_that_can_never_be_stored_is_refused() {
    let store = store().await;
    let order = order("a");
    let invoice = AggregateId::new(&INVOICES, "invoice", "a").unwrap();
    let mut oversized = write(&order, 0, 2);
    oversized.events[1] = event_of(2 * 1024 * 1024);
    let cases = [
        ("no writes", vec![]),
        ("no events", vec![write(&order, 0, 0)]),
        ("too many events", vec![write(&order, 0, 1_001)]),
        ("another stream's aggregate", vec![write(&invoice, 0, 1)]),
        (
            "partly another stream's",
            vec![write(&order, 0, 1), write(&invoice, 0, 1)],
        ),
        ("one aggregate twice", vec![write(&order, 0, 1), write(&order, 0, 1)]),
        ("an oversized event", vec![oversized]),
    ];

    for (what, writes) in cases {
        let answer = add(&store, writes).await;
        assert!(matches!(answer, Err(AppendError::Refused(_))), "{what}: {answer:?}");
    }

    assert_eq!(store.status(&ORDERS).await.unwrap().last_position, 0);
}

#[tokio::test]
async fn an_append_that_is_too_large_for_a_commit_is_refused_and_its_neighbours_are_stored() {
    let store = store().await;
    // The largest accepted append leaves room for the headers.
    for bytes in [900 * 1024, 1024 * 1024, 3 * 1024 * 1024] {
        let mut appends: Vec<_> = (0..20)
            .map(|n| append_of(vec![write(&order(format!("a{n}-{bytes}")), 0, 1)]))
            .collect();
        appends[7].writes[0].events = vec![event_of(bytes)];

        let alone = store.append(appends[7].clone()).await;
        let answers = append_all(&store, &appends).await;

        assert!(matches!(alone, Err(AppendError::Refused(_))), "{bytes}: {alone:?}");
        assert!(
            matches!(answers[7], Err(AppendError::Refused(_))),
            "{bytes}: {:?}",
            answers[7]
        );
        assert_eq!(
            answers.iter().filter(|answer| answer.is_ok()).count(),
            19,
            "{bytes}: {answers:?}"
        );
        assert_answers_hold(&store, &appends, &answers).await;
    }
}

#[tokio::test]
async fn the_largest_append_is_stored() {
    let store = store().await;
    let order = order("a");

    let appended = add(&store, vec![write(&order, 0, 1_000)]).await.unwrap();

    assert_eq!(positions(&load(&store, &order).await), [appended.position; 1_000]);
}

#[tokio::test]
async fn a_stream_that_the_store_does_not_know_is_refused() {
    let place = Place::shared().await;
    let store = event_store::EventStore::connect(place.options, &[&INVOICES])
        .await
        .unwrap();

    let answer = add(&store, vec![write(&order("a"), 0, 1)]).await;

    assert!(matches!(answer, Err(AppendError::Refused(_))), "{answer:?}");
}
