//! Snapshots shorten a cold load and never change what it comes to.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use embedded::testing::eventually;
use event_store::{
    AggregateId, Consistency, EventStore, Fold, LocalMasterKey, MasterKeys, RecordedEvent, Sealing, Snapshots, Write,
};

use crate::support::{Place, SOON, add, fill, load, new_event, order, write};

/// Counts an aggregate's events, and how many it had to fold for that.
struct Counting {
    snapshots: Snapshots<u64>,
    folded: AtomicU64,
}

impl Counting {
    fn new(fingerprint: &str) -> Self {
        Self::about(fingerprint, |_, _| None)
    }

    fn about(fingerprint: &str, data_subject: fn(&u64, &AggregateId) -> Option<String>) -> Self {
        Self {
            snapshots: Snapshots::new(fingerprint, 100, data_subject),
            folded: AtomicU64::new(0),
        }
    }

    /// Loads in a store that remembers nothing. Answers the count, and how many events were folded for it.
    async fn load_cold(&self, place: &Place, id: &AggregateId) -> (u64, u64) {
        let store = place.store().await;
        self.folded.store(0, Ordering::Relaxed);
        let loaded = store.load_state(id, Consistency::Any, self).await.expect("loaded");
        let head = load(&store, id).await.last().map(event_store::Head::of);
        assert_eq!(Some(loaded.head()), head);
        (*loaded.state(), self.folded.load(Ordering::Relaxed))
    }

    /// Loads until a snapshot has been taken of it and is used.
    async fn warm_up(&self, place: &Place, id: &AggregateId, count: u64) {
        eventually("the snapshot is used", SOON, async || {
            self.load_cold(place, id).await == (count, 0)
        })
        .await;
    }
}

impl Fold<u64> for Counting {
    fn fold(&self, state: &mut u64, _: &RecordedEvent, _: &[u8]) -> Result<(), String> {
        *state += 1;
        self.folded.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn snapshots(&self) -> Option<&Snapshots<u64>> {
        Some(&self.snapshots)
    }
}

async fn append_one(store: &EventStore, id: &AggregateId, version: u64) {
    add(store, vec![write(id, version, 1)]).await.expect("stored");
}

#[tokio::test]
async fn a_cold_load_begins_at_the_snapshot_and_comes_to_the_same() {
    let place = Place::shared().await;
    let (store, id) = (place.store().await, order("a"));
    fill(&store, &id, 5_000).await;
    let counting = Counting::new("one");
    assert_eq!(counting.load_cold(&place, &id).await, (5_000, 5_000));
    counting.warm_up(&place, &id, 5_000).await;
    append_one(&store, &id, 5_000).await;
    assert_eq!(counting.load_cold(&place, &id).await, (5_001, 1));
}

#[tokio::test]
async fn a_short_life_is_not_worth_a_snapshot() {
    let place = Place::shared().await;
    let (store, id) = (place.store().await, order("a"));
    fill(&store, &id, 99).await;
    let counting = Counting::new("one");
    for _ in 0..3 {
        assert_eq!(counting.load_cold(&place, &id).await, (99, 99));
    }
    let stream = format!("{}_SNAPSHOTS", place.options.namespace);
    let jetstream = place.jetstream().await;
    let stream = jetstream.get_stream(stream).await.expect("a stream");
    assert_eq!(stream.cached_info().state.messages, 0);
}

#[tokio::test]
async fn another_fingerprint_makes_it_useless() {
    let place = Place::shared().await;
    let (store, id) = (place.store().await, order("a"));
    fill(&store, &id, 200).await;
    let (before, after) = (Counting::new("one"), Counting::new("two"));
    before.warm_up(&place, &id, 200).await;
    assert_eq!(after.load_cold(&place, &id).await, (200, 200));
    after.warm_up(&place, &id, 200).await;
}

#[tokio::test]
async fn a_snapshot_that_is_damaged_or_of_another_log_is_passed_over() {
    let place = Place::shared().await;
    let (store, id) = (place.store().await, order("a"));
    fill(&store, &id, 200).await;
    let counting = Counting::new("one");
    counting.warm_up(&place, &id, 200).await;
    let subject = place.subject("snapshots.ordering.order.a");
    let jetstream = place.jetstream().await;
    let name = format!("{}_SNAPSHOTS", place.options.namespace);
    let stream = jetstream.get_stream(name).await.expect("a stream");
    let good = stream
        .get_last_raw_message_by_subject(&subject)
        .await
        .expect("a snapshot")
        .payload;
    let good = String::from_utf8(good.to_vec()).expect("text");
    let ahead = good.replace("\"version\":200", "\"version\":201");
    let another = good.replacen("\"hash\":\"", "\"hash\":\"0", 1);
    let lying = good.replace("\"position\":200", "\"position\":199");
    for bad in ["", "{", r#"{"fingerprint":"one"}"#, &ahead, &another, &lying] {
        assert_ne!(bad, good);
        let put = jetstream.publish(subject.clone(), bad.to_owned().into()).await;
        put.expect("sent").await.expect("stored");
        let (count, folded) = counting.load_cold(&place, &id).await;
        assert_eq!((count, folded), (200, 200), "{bad}");
        counting.warm_up(&place, &id, 200).await;
    }
}

#[tokio::test]
async fn a_snapshot_of_somebody_is_sealed_and_goes_with_their_key() {
    let mut place = Place::shared().await;
    let master = LocalMasterKey::from_hex(&"1".repeat(64)).expect("a key");
    place.options.sealing = Some(Sealing {
        master_keys: MasterKeys::new(Arc::new(master), Vec::new()),
        cached_keys: 10,
    });
    let (store, id) = (place.store().await, order("a"));
    let events = (0..150).map(|_| new_event()).collect();
    let filled = Write {
        events,
        ..write(&id, 0, 0)
    };
    add(&store, vec![filled]).await.expect("stored");
    let counting = Counting::about("one", |_, id| Some(id.id().to_owned()));
    counting.warm_up(&place, &id, 150).await;
    store.destroy_key("a").await.expect("destroyed");
    assert_eq!(counting.load_cold(&place, &id).await, (150, 150));
}
