//! Loading: an aggregate comes back whole and in order, or the load says what is wrong.

use std::{path::Path, time::Duration};

use bytes::Bytes;
use embedded::testing::eventually;
use event_store::{AggregateId, Consistency, EventStore, LoadError, RecordedEvent};

use crate::support::{
    Place, SOON, add, event_of, fill, following, load, order,
    servers::{OwnServers, replicas},
    store, versions, write,
};

#[tokio::test]
async fn an_unknown_aggregate_has_no_events() {
    let store = store().await;
    add(&store, vec![write(&order("a-1"), 0, 1)]).await.unwrap();
    for consistency in [Consistency::Any, Consistency::Leader] {
        for unknown in ["a", "a-2", "a-1-1"] {
            assert_eq!(store.load(&order(unknown), consistency).await, Ok(vec![]), "{unknown}");
        }
    }
}

#[tokio::test]
async fn a_long_life_is_loaded_whole_and_in_order() {
    let store = store().await;
    for events in [999, 1_000, 1_001, 2_000, 2_500] {
        let order = order(format!("a{events}"));
        fill(&store, &order, events).await;
        let whole = (1..=events).collect::<Vec<_>>();
        assert_eq!(versions(&load(&store, &order).await), whole);
        let loaded = until_a_load(&store, &order, |loaded| {
            loaded.as_ref().is_ok_and(|l| l.len() == whole.len())
        })
        .await;
        assert_eq!(versions(&loaded.unwrap()), whole);
    }
}

#[tokio::test]
async fn the_leader_sees_everything_that_was_acknowledged() {
    let store = store().await;
    let order = order("a");
    for known in 0..20 {
        let loaded = store.load(&order, Consistency::Leader).await.unwrap();
        assert_eq!(versions(&loaded), (1..=known).collect::<Vec<_>>());
        add(&store, vec![following(&order, &loaded, 1)]).await.unwrap();
    }
}

/// More than the server would ever hand out in one answer, which is 64 MiB.
#[tokio::test]
async fn large_events_are_loaded_whole() {
    let store = store().await;
    let order = order("a");
    for version in (0..72).step_by(24) {
        let mut large = write(&order, version, 0);
        large.events = (0..24).map(|_| event_of(1_000_000)).collect();
        add(&store, vec![large]).await.unwrap();
    }

    let loaded = until_a_load(&store, &order, |loaded| loaded.as_ref().is_ok_and(|l| l.len() == 72)).await;

    assert_eq!(versions(&loaded.unwrap()), (1..=72).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_foreign_message_among_an_aggregates_events_is_an_error() {
    let place = Place::shared().await;
    let store = place.store().await;
    for (number, subject) in ["0.2", "0.x", "0.0", "0.1000000", "0.02"].into_iter().enumerate() {
        let order = order(format!("a{number}"));
        add(&store, vec![write(&order, 0, 1)]).await.unwrap();
        let foreign = format!("ordering.order.a{number}.{subject}");
        let sequence = place.publish_foreign(&foreign).await;

        let answer = until_a_load(&store, &order, Result::is_err).await;
        let Err(LoadError::Envelope(error)) = answer else {
            panic!("{subject} was taken for an event");
        };

        assert_eq!(error.sequence, sequence);
        assert!(error.subject.ends_with(&foreign), "{error}");
        assert!(error.stream.ends_with("ORDERS"), "{error}");
    }
}

#[tokio::test]
async fn an_aggregate_is_not_disturbed_by_its_neighbours() {
    let place = Place::shared().await;
    let store = place.store().await;
    add(&store, vec![write(&order("a"), 0, 1)]).await.unwrap();
    place.publish_foreign("ordering.order.b.0.1").await;
    place.publish_foreign("ordering.order").await;

    assert_eq!(load(&store, &order("a")).await.len(), 1);
}

#[tokio::test]
async fn a_missing_version_is_named() {
    let place = Place::shared().await;
    let store = place.store().await;
    let order = order("a");
    add(&store, vec![write(&order, 0, 2)]).await.unwrap();
    place.copy_event(&order, 2, 4).await;

    let error = until_a_load(&store, &order, Result::is_err).await.unwrap_err();

    assert!(matches!(error, LoadError::Missing { version: 3, .. }), "{error}");
    assert!(error.to_string().contains("order/a"), "{error}");
}

/// The server notices a damaged message when it is read, and answers as if there were none.
#[tokio::test]
async fn an_event_damaged_on_disk_is_missing_and_the_rest_is_not_passed_off_as_the_whole() {
    let servers = OwnServers::start().await;
    let store = Place::at(servers.nats_url()).store().await;
    for damaged in [1, 3, 5] {
        add(&store, vec![with_marks(damaged)]).await.unwrap();
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
        let mut answer = Err(LoadError::Unavailable(String::new()));
        eventually("the store loads again", SOON, async || {
            answer = store.load(&order, Consistency::Any).await;
            !matches!(answer, Err(LoadError::Unavailable(_)))
        })
        .await;
        assert!(
            matches!(answer, Err(LoadError::Missing { version, .. }) if version == damaged),
            "event {damaged} of 5 is damaged: {answer:?}"
        );
    }
    servers.stop().await;
}

/// Loads from any replica until one of them answers so. A server that is alone must do so at once.
async fn until_a_load(
    store: &EventStore,
    order: &AggregateId,
    wanted: impl Fn(&Result<Vec<RecordedEvent>, LoadError>) -> bool,
) -> Result<Vec<RecordedEvent>, LoadError> {
    let patience = if replicas() == 1 { Duration::ZERO } else { SOON };
    let mut answer = Ok(Vec::new());
    eventually("a replica answers so", patience, async || {
        answer = store.load(order, Consistency::Any).await;
        wanted(&answer)
    })
    .await;
    answer
}

fn mark(aggregate: u64, version: u64) -> String {
    format!("find-{aggregate}-{version}-me")
}

/// Five events whose bodies can be found on the disk.
fn with_marks(aggregate: u64) -> event_store::Write {
    let mut write = write(&order(format!("d{aggregate}")), 0, 5);
    for (event, version) in write.events.iter_mut().zip(1..) {
        event.data = Bytes::from(mark(aggregate, version));
    }
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
