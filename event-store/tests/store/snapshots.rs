//! Snapshots shorten a cold load and never change its result.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use embedded::testing::eventually;
use event_store::{
    AggregateId, EventStore, Fold, IndexStorage, LocalMasterKey, MasterKeys, RecordedEvent, Sealing, Snapshots, Write,
};
use redb::ReadableTable as _;
use tempfile::TempDir;

use crate::support::{Place, SOON, add, fill_packed, load, new_event, order, write};

/// Counts an aggregate's events, and how many of them were folded for that.
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

    /// Loads in a new store, with an empty cache and the index of the previous store. Returns the count, and how many
    /// events were folded for it.
    async fn load_cold(&self, place: &Forgetful, id: &AggregateId) -> (u64, u64) {
        let store = place.store().await;
        self.folded.store(0, Ordering::Relaxed);
        let loaded = store.load_state(id, self).await.expect("loaded");
        let events = load(&store, id).await;
        let last = events.last().expect("events");
        assert_eq!(
            (loaded.head().version, loaded.head().position),
            (last.version, last.position)
        );
        let answer = (*loaded.state(), self.folded.load(Ordering::Relaxed));
        place.close(store).await;
        answer
    }

    /// Loads until a snapshot has been taken and is used.
    async fn warm_up(&self, place: &Forgetful, id: &AggregateId, count: u64) {
        eventually("the snapshot is used", SOON, async || {
            self.load_cold(place, id).await == (count, 0)
        })
        .await;
    }
}

/// A place whose stores keep their index in a folder.
struct Forgetful {
    place: Place,
    folder: TempDir,
}

impl Forgetful {
    async fn new() -> Self {
        let mut place = Place::shared().await;
        let folder = TempDir::new().expect("a folder");
        place.options.index = Some(IndexStorage::Folder(folder.path().to_owned()));
        Self { place, folder }
    }

    async fn store(&self) -> EventStore {
        self.place.store().await
    }

    /// Closes a store, and waits until its index file is free.
    async fn close(&self, store: EventStore) {
        store.close().await;
        eventually("the index is free", SOON, async || self.file().is_some()).await;
    }

    /// The index of the stream of orders, if no process uses it.
    fn file(&self) -> Option<redb::Database> {
        let name = format!("{}.redb", self.place.stream_name());
        redb::Database::create(self.folder.path().join(name)).ok()
    }

    /// Changes every snapshot in the index.
    fn change_snapshots(&self, change: impl Fn(&str) -> String) {
        const ENTRIES: redb::TableDefinition<'static, &[u8], &[u8]> = redb::TableDefinition::new("entries");
        let transaction = self.file().expect("nobody uses it").begin_write().expect("writable");
        {
            let mut table = transaction.open_table(ENTRIES).expect("entries");
            let range = table.range(&b"s"[..]..&b"t"[..]).expect("entries");
            let snapshots: Vec<(Vec<u8>, String)> = range
                .map(|entry| {
                    let (key, value) = entry.expect("an entry");
                    let text = String::from_utf8(value.value().to_vec()).expect("text");
                    (key.value().to_vec(), text)
                })
                .collect();
            assert!(!snapshots.is_empty());
            for (key, snapshot) in snapshots {
                let changed = change(&snapshot);
                assert_ne!(changed, snapshot);
                table.insert(key.as_slice(), changed.as_bytes()).expect("inserted");
            }
        }
        transaction.commit().expect("written");
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

/// Fills an aggregate with a store that is then closed.
async fn filled(place: &Forgetful, events: u64) -> AggregateId {
    let (store, id) = (place.store().await, order("a"));
    fill_packed(&store, &id, events).await;
    place.close(store).await;
    id
}

#[tokio::test]
async fn a_cold_load_starts_at_the_snapshot_and_gives_the_same_result() {
    let place = Forgetful::new().await;
    let id = filled(&place, 5_000).await;
    let counting = Counting::new("one");
    assert_eq!(counting.load_cold(&place, &id).await, (5_000, 5_000));
    counting.warm_up(&place, &id, 5_000).await;
    let store = place.store().await;
    append_one(&store, &id, 5_000).await;
    place.close(store).await;
    assert_eq!(counting.load_cold(&place, &id).await, (5_001, 1));
}

#[tokio::test]
async fn no_snapshot_is_taken_of_a_short_lived_aggregate() {
    let place = Forgetful::new().await;
    let id = filled(&place, 99).await;
    let counting = Counting::new("one");
    for _ in 0..3 {
        assert_eq!(counting.load_cold(&place, &id).await, (99, 99));
    }
}

#[tokio::test]
async fn a_snapshot_with_another_fingerprint_is_ignored() {
    let place = Forgetful::new().await;
    let id = filled(&place, 200).await;
    let (before, after) = (Counting::new("one"), Counting::new("two"));
    before.warm_up(&place, &id, 200).await;
    assert_eq!(after.load_cold(&place, &id).await, (200, 200));
    after.warm_up(&place, &id, 200).await;
}

#[tokio::test]
async fn a_snapshot_that_is_damaged_or_of_another_log_is_ignored() {
    let place = Forgetful::new().await;
    let id = filled(&place, 200).await;
    let store = place.store().await;
    append_one(&store, &order("b"), 0).await;
    place.close(store).await;
    let counting = Counting::new("one");
    counting.warm_up(&place, &id, 200).await;
    let nothing: fn(&str) -> String = |_| String::new();
    let half = |good: &str| good[..good.len() / 2].to_owned();
    let lacking = |_: &str| r#"{"fingerprint":"one"}"#.to_owned();
    let ahead = |good: &str| good.replace("\"version\":200", "\"version\":201");
    let lying = |good: &str| good.replace("\"position\":1,", "\"position\":2,");
    let unreadable = |good: &str| good.replace("\"state\":\"200\"", "\"state\":\"many\"");
    for bad in [nothing, half, lacking, ahead, lying, unreadable] {
        place.change_snapshots(bad);
        assert_eq!(counting.load_cold(&place, &id).await, (200, 200));
        counting.warm_up(&place, &id, 200).await;
    }
}

#[tokio::test]
async fn a_personal_snapshot_is_sealed_and_erased_with_its_key() {
    let mut place = Forgetful::new().await;
    let master = LocalMasterKey::from_hex(&"1".repeat(64)).expect("a key");
    place.place.options.sealing = Some(Sealing {
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
    place.close(store).await;
    let counting = Counting::about("one", |_, id| Some(id.id().to_owned()));
    counting.warm_up(&place, &id, 150).await;
    let store = place.store().await;
    store.destroy_key("a").await.expect("destroyed");
    place.close(store).await;
    assert_eq!(counting.load_cold(&place, &id).await, (150, 150));
}
