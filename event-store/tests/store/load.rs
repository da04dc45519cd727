//! Loading: an aggregate is loaded completely and in order, or the load reports what is wrong.

use std::path::Path;

use embedded::testing::eventually;
use event_store::{AggregateId, EventStore, LoadError, Place as EventPlace};

use crate::support::{
    Foreign, ORDERS, Place, SOON, add, caught_up, event_of, fill, fill_packed, following, load, order, places,
    servers::OwnServers, store, versions, write,
};

#[tokio::test]
async fn an_unknown_aggregate_has_no_events() {
    let store = store().await;
    add(&store, vec![write(&order("a-1"), 0, 1)]).await.unwrap();
    for unknown in ["a", "a-2", "a-1-1"] {
        assert_eq!(store.load(&order(unknown)).await, Ok(vec![]), "{unknown}");
    }
}

#[tokio::test]
async fn a_long_stream_of_events_is_loaded_completely_and_in_order() {
    let store = store().await;
    for events in [999, 1_000, 1_001, 2_500] {
        let order = order(format!("a{events}"));
        fill_packed(&store, &order, events).await;
        assert_eq!(versions(&load(&store, &order).await), (1..=events).collect::<Vec<_>>());
    }
    // More commits than are read concurrently.
    let order = order("scattered");
    fill(&store, &order, 200).await;
    assert_eq!(versions(&load(&store, &order).await), (1..=200).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_load_sees_every_append_acknowledged_to_this_process() {
    let store = store().await;
    let order = order("a");
    for known in 0..20 {
        let loaded = store.load(&order).await.unwrap();
        assert_eq!(versions(&loaded), (1..=known).collect::<Vec<_>>());
        add(&store, vec![following(&order, &loaded, 1)]).await.unwrap();
    }
}

/// More than the server ever sends in one answer, which is 64 MiB.
#[tokio::test]
async fn large_events_are_loaded_completely() {
    let store = store().await;
    let order = order("a");
    for version in 0..80 {
        let mut large = write(&order, version, 0);
        large.events = vec![event_of(880_000)];
        add(&store, vec![large]).await.unwrap();
    }
    assert_eq!(versions(&load(&store, &order).await), (1..=80).collect::<Vec<_>>());
}

#[tokio::test]
async fn events_are_read_by_place_in_the_order_asked_for() {
    let store = store().await;
    fill(&store, &order("a"), 3).await;
    add(&store, vec![write(&order("b"), 0, 3)]).await.unwrap();
    let asked: Vec<EventPlace> = ["4.2", "2", "4", "2"].map(|place| place.parse().unwrap()).to_vec();

    let events = store.events_at(&ORDERS, &asked).await.unwrap();

    assert_eq!(places(&events), asked);
    assert_eq!(versions(&events), [3, 2, 1, 2]);
    for nowhere in ["5", "2.1", "4.3"] {
        let place: EventPlace = nowhere.parse().unwrap();
        let error = store.events_at(&ORDERS, &[asked[0], place]).await.unwrap_err();
        assert!(
            matches!(error, LoadError::NoEvent { place: told, .. } if told == place),
            "{error}"
        );
    }
    assert_eq!(store.commit_at(&ORDERS, 5).await, Ok(None));
    assert_eq!(store.commit_at(&ORDERS, 4).await.unwrap().unwrap().events.len(), 3);
}

#[tokio::test]
async fn events_beside_a_foreign_message_are_read_by_place_and_the_message_is_an_error() {
    for foreign in [Foreign::WithoutHeaders, Foreign::WithoutBody] {
        let place = Place::shared().await;
        let store = place.store().await;
        fill(&store, &order("a"), 2).await;
        let sequence = place.publish_foreign(foreign).await;

        assert_eq!(store.commit_at(&ORDERS, 2).await.unwrap().unwrap().events.len(), 1);
        let Err(LoadError::Envelope(error)) = store.commit_at(&ORDERS, sequence).await else {
            panic!("{foreign:?} was taken for a commit");
        };
        assert_eq!(error.sequence, sequence);
        assert!(error.stream.ends_with("ORDERS"), "{error}");
    }
}

#[tokio::test]
async fn an_event_that_is_damaged_on_disk_is_reported_missing() {
    let servers = OwnServers::start().await;
    let store = Place::at(servers.nats_url()).store().await;
    for damaged in [1, 3, 5] {
        for version in 0..5 {
            add(&store, vec![with_mark(damaged, version)]).await.unwrap();
        }
    }

    servers
        .between_runs(|directory| {
            for damaged in [1, 3, 5] {
                damage(directory, mark(damaged, damaged).as_bytes());
            }
        })
        .await;

    for damaged in [1, 3, 5] {
        let order = order(format!("d{damaged}"));
        let error = error_of_a_load(&store, &order).await;
        let position = (damaged - 1) / 2 * 5 + damaged;
        assert!(
            matches!(error, LoadError::NoEvent { place, .. } if place.position == position),
            "event {damaged} of 5 is damaged: {error}"
        );
    }
    servers.stop().await;
}

/// Loads until the servers answer, and returns the error.
async fn error_of_a_load(store: &EventStore, order: &AggregateId) -> LoadError {
    let mut answer = Ok(Vec::new());
    eventually("the store loads again", SOON, async || {
        answer = store.load(order).await;
        !matches!(answer, Err(LoadError::Unavailable(_)))
    })
    .await;
    answer.unwrap_err()
}

/// A process that starts later cannot fold the stream, and reports where it stops.
#[tokio::test]
async fn a_process_that_cannot_read_a_whole_stream_loads_nothing_from_it_and_reports_where() {
    let place = Place::shared().await;
    fill(&place.store().await, &order("a"), 2).await;
    place.publish_foreign(Foreign::WithoutHeaders).await;
    let store = place.store().await;

    let error = store.load(&order("a")).await.unwrap_err().to_string();

    assert!(error.contains("sequence 3"), "{error}");
}

#[tokio::test]
async fn two_processes_load_the_same() {
    let place = Place::shared().await;
    let (one, other) = (place.store().await, place.store().await);
    for version in 0..10 {
        add(
            &one,
            vec![write(&order("a"), 2 * version, 1), write(&order("b"), version, 1)],
        )
        .await
        .unwrap();
        caught_up(&other).await;
        add(&other, vec![write(&order("a"), 2 * version + 1, 1)]).await.unwrap();
    }
    for id in ["a", "b"] {
        assert_eq!(load(&one, &order(id)).await, load(&other, &order(id)).await);
    }
}

fn mark(aggregate: u64, version: u64) -> String {
    format!("find-{aggregate}-{version}-me")
}

/// An event whose body can be found on disk.
fn with_mark(aggregate: u64, version: u64) -> event_store::Write {
    let mut write = write(&order(format!("d{aggregate}")), version, 1);
    write.events[0].data = format!("\"{}\"", mark(aggregate, version + 1)).into();
    write
}

/// Flips a bit in every copy of a text.
fn damage(directory: &Path, text: &[u8]) {
    let mut found = false;
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                directories.push(entry.path());
            } else if entry.path().extension().is_some_and(|extension| extension == "blk") {
                let mut content = std::fs::read(entry.path()).unwrap();
                while let Some(at) = content.windows(text.len()).position(|window| window == text) {
                    content[at] ^= 1;
                    found = true;
                }
                std::fs::write(entry.path(), content).unwrap();
            }
        }
    }
    assert!(found, "the event is on the disk");
}
