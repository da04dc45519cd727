//! The local index: whatever happens to its file, every answer agrees with the log. The file is reused where
//! possible, and rebuilt otherwise.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use embedded::testing::eventually;
use event_store::{
    AppendError, Changes, ConnectError, DecisionModel, EventStore, IndexStorage, NewEvent, Receipt, RecordedEvent,
    StreamDefinition, View,
};
use tempfile::TempDir;

use crate::support::{
    ORDERS, Place, SOON, add, caught_up, commits, everything, load, metadata,
    models::{Slot, booked, count_of, is_taken},
    new_event, order, versions,
    weather::Random,
    write,
};

/// A place whose stores keep their index in a folder.
struct Indexed {
    place: Place,
    folder: TempDir,
}

/// The content of the log, as a decision sees it.
#[derive(Debug, PartialEq)]
struct Truth {
    /// The versions of orders, in sequence.
    versions: Vec<u64>,
    events: u64,
    is_taken: Vec<bool>,
    /// The positions at which keys were used.
    keys: Vec<Option<u64>>,
    position: u64,
}

impl Indexed {
    async fn new() -> Self {
        let mut place = Place::shared().await;
        let folder = TempDir::new().unwrap();
        place.options.index = Some(IndexStorage::Folder(folder.path().to_owned()));
        Self { place, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(format!("{}.redb", self.place.stream_name()))
    }

    /// Writes commits of all kinds.
    async fn fill(&self, store: &EventStore, rounds: std::ops::Range<u64>) {
        for round in rounds {
            for id in 0..3 {
                add(store, vec![write(&order(format!("o{id}")), round, 1)])
                    .await
                    .unwrap();
            }
            let (id, from) = (order(format!("slot{round}")), round as u32 * 10);
            let decide = move |view: &mut View<'_>| {
                view.use_key(key(round));
                let event = booked(Slot { from, to: from + 5 });
                view.append(&id, ().into(), vec![event], &metadata())?;
                Ok(Ok::<(), ()>(()))
            };
            store.decide(&ORDERS, decide).await.unwrap();
        }
    }

    /// Opens a store, which reuses or rebuilds its index. Returns the store, the position after which it started to
    /// read, and its view of the log.
    async fn open(&self) -> (EventStore, u64, Truth) {
        let store = self.place.store().await;
        let began = began_at(&store).await;
        let truth = truth(&store).await;
        (store, began, truth)
    }

    async fn close(&self, store: EventStore) {
        store.close().await;
        eventually("the index is free", SOON, async || {
            fs::metadata(self.file()).is_err() || redb::Database::open(self.file()).is_ok()
        })
        .await;
    }
}

/// The position after which a newly opened store started to read.
async fn began_at(store: &EventStore) -> u64 {
    let mut began = u64::MAX;
    let told = |position, _| began = began.min(position);
    let caught_up = tokio::time::timeout(SOON, store.catch_up(&ORDERS, told)).await;
    caught_up.expect("it is caught up with").unwrap();
    began
}

fn key(round: u64) -> Receipt {
    Receipt {
        key: format!("key-{round}"),
        fingerprint: "print".to_owned(),
        outcome: "done".to_owned(),
    }
}

async fn truth(store: &EventStore) -> Truth {
    let decide = |view: &mut View<'_>| {
        let mut truth = Truth {
            versions: Vec::new(),
            events: count_of(view, "order.placed")? + count_of(view, "slot.booked")?,
            is_taken: Vec::new(),
            keys: Vec::new(),
            position: 0,
        };
        for id in 0..4 {
            truth.versions.push(view.head(&order(format!("o{id}")))?.version);
        }
        for round in 0..50 {
            let from = round as u32 * 10 + 4;
            truth.is_taken.push(is_taken(view, Slot { from, to: from + 4 })?);
            truth
                .keys
                .push(view.used_key(&key(round).key)?.map(|used| used.position));
        }
        Ok(Ok::<_, ()>(truth))
    };
    let decided = store.decide(&ORDERS, decide).await.unwrap();
    Truth {
        position: decided.position,
        ..decided.outcome.unwrap()
    }
}

/// The expected view of the log, folded by this test alone.
async fn expected(store: &EventStore) -> Truth {
    let commits = commits(store).await;
    let events: Vec<&RecordedEvent> = commits.iter().flat_map(|commit| &commit.events).collect();
    let booked = |round: usize| events.iter().any(|event| event.aggregate_id == format!("slot{round}"));
    let used = |round: u64| {
        let commit = commits.iter().find(|commit| commit.receipts.contains(&key(round)));
        commit.map(|commit| commit.position)
    };
    let versions = |id: usize| {
        events
            .iter()
            .filter(|event| event.aggregate_id == format!("o{id}"))
            .count() as u64
    };
    Truth {
        versions: (0..4).map(versions).collect(),
        events: events.len() as u64,
        is_taken: (0..50).map(booked).collect(),
        keys: (0..50).map(used).collect(),
        position: commits.len() as u64,
    }
}

#[tokio::test]
async fn a_store_continues_where_the_previous_one_was_closed() {
    let place = Indexed::new().await;
    let (store, _, _) = place.open().await;
    place.fill(&store, 0..10).await;
    place.close(store).await;

    let (store, began, found) = place.open().await;

    assert_eq!(began, 40);
    assert_eq!(found, expected(&store).await);
    place.fill(&store, 10..12).await;
    assert_eq!(truth(&store).await, expected(&store).await);
    assert_eq!(
        versions(&load(&store, &order("o1")).await),
        (1..=12).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_store_continues_from_the_index_of_one_that_was_not_closed() {
    let place = Indexed::new().await;
    let (store, _, _) = place.open().await;
    place.fill(&store, 0..5).await;
    eventually("the index is written", SOON, async || {
        // The last commit is in the file once the file stops changing. What is not in the file is folded again.
        fs::metadata(place.file()).unwrap().len() > 0
    })
    .await;
    for round in 5..10 {
        place.fill(&store, round..round + 1).await;
        // A copy as left by a process that was killed at an arbitrary moment.
        let copy = place.folder.path().join("copy");
        fs::copy(place.file(), &copy).unwrap();
        fs::remove_file(&copy).unwrap();
    }
    drop(store);
    eventually("the index is free", SOON, async || {
        redb::Database::open(place.file()).is_ok()
    })
    .await;

    let (store, began, found) = place.open().await;

    assert!(began <= 40, "{began}");
    assert_eq!(found, expected(&store).await);
}

#[tokio::test]
async fn a_missing_index_is_rebuilt() {
    let place = Indexed::new().await;
    let (store, _, _) = place.open().await;
    place.fill(&store, 0..10).await;
    place.close(store).await;
    fs::remove_file(place.file()).unwrap();

    let (store, began, found) = place.open().await;

    assert_eq!((began, found), (0, expected(&store).await));
}

/// Bytes are changed, cut off and added at random places. Whatever happens to the file, no answer is wrong.
#[tokio::test]
async fn a_damaged_index_is_rebuilt_or_refused_and_never_trusted() {
    let place = Indexed::new().await;
    let (store, _, _) = place.open().await;
    place.fill(&store, 0..30).await;
    let truth = expected(&store).await;
    place.close(store).await;
    let good = fs::read(place.file()).unwrap();
    let mut random = Random::new(7);
    let used: Vec<usize> = (0..good.len()).filter(|at| good[*at] != 0).collect();
    let (mut used_again, mut built) = (0, 0);
    for round in 0..60 {
        let mut bad = good.clone();
        match round % 6 {
            0 => bad.truncate(random.below(good.len() as u64) as usize),
            1 => bad.extend_from_slice(&good[..4096]),
            2 => bad[..4096].fill(0),
            _ => {
                for _ in 0..=random.below(8) {
                    let at = used[random.below(used.len() as u64) as usize];
                    bad[at] ^= 1 << random.below(8);
                }
            }
        }
        fs::write(place.file(), &bad).unwrap();
        match place.place.connect().await {
            Ok(store) => {
                match began_at(&store).await {
                    0 => built += 1,
                    _ => used_again += 1,
                }
                assert_eq!(self::truth(&store).await, truth, "round {round}");
                place.close(store).await;
            }
            Err(error) => assert!(matches!(error, ConnectError::Index(_)), "round {round}: {error}"),
        }
    }
    assert!(built > 20, "{built} built, {used_again} used again");
}

#[tokio::test]
async fn an_index_of_another_log_is_rebuilt() {
    let (one, other) = (Indexed::new().await, Indexed::new().await);
    for (place, rounds) in [(&one, 10), (&other, 5)] {
        let (store, _, _) = place.open().await;
        place.fill(&store, 0..rounds).await;
        place.close(store).await;
    }
    // Both ways: one index stands at a later position than the log's end, the other at an earlier one.
    let (of_one, of_other) = (fs::read(one.file()).unwrap(), fs::read(other.file()).unwrap());
    fs::write(one.file(), of_other).unwrap();
    fs::write(other.file(), of_one).unwrap();
    for place in [one, other] {
        let (store, began, found) = place.open().await;
        assert_eq!((began, found), (0, expected(&store).await));
    }
}

/// The log was restored from a backup that is older than the index, and may have continued differently since.
#[tokio::test]
async fn an_index_that_is_newer_than_the_log_is_rebuilt() {
    for goes_on in [0, 3, 12] {
        let place = Indexed::new().await;
        let (store, _, _) = place.open().await;
        place.fill(&store, 0..5).await;
        let backup = commits(&store).await;
        place.fill(&store, 5..10).await;
        place.close(store).await;
        let jetstream = place.place.jetstream().await;
        jetstream.delete_stream(place.place.stream_name()).await.unwrap();
        let mut elsewhere = place.place.clone();
        elsewhere.options.index = Some(IndexStorage::Temporary);
        let restoring = elsewhere.store().await;
        let mut restoration = restoring.restore(&ORDERS).await.unwrap();
        restoration.take(backup).await.unwrap();
        place.fill(&restoring, 5..5 + goes_on).await;

        let (store, _, found) = place.open().await;

        assert_eq!(found, expected(&store).await, "it has advanced by {goes_on} rounds");
        place.fill(&store, 5 + goes_on..6 + goes_on).await;
        assert_eq!(truth(&store).await, expected(&store).await);
    }
}

/// Folds the same events differently than the model with that number.
#[derive(Debug)]
struct OtherModel;

impl DecisionModel for OtherModel {
    fn name(&self) -> &'static str {
        "other-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) -> Result<(), String> {
        changes.put(event.aggregate_id.as_bytes(), event.version.to_be_bytes());
        Ok(())
    }
}

static ORDERS_OTHERWISE: StreamDefinition = StreamDefinition {
    name: "ORDERS",
    subject: "orders.log",
    models: &[&OtherModel],
};

#[tokio::test]
async fn an_index_that_was_made_by_other_models_is_rebuilt() {
    let place = Indexed::new().await;
    let (store, _, _) = place.open().await;
    place.fill(&store, 0..5).await;
    place.close(store).await;

    let store = EventStore::connect(place.place.options.clone(), &[&ORDERS_OTHERWISE])
        .await
        .unwrap();
    let decide = |view: &mut View<'_>| Ok(Ok::<_, ()>(view.model_range(0, b"o", b"p")?));
    let found = store.decide(&ORDERS_OTHERWISE, decide).await.unwrap().outcome.unwrap();
    let expected: Vec<(Vec<u8>, Vec<u8>)> = (0..3)
        .map(|id| (format!("o{id}").into_bytes(), 5_u64.to_be_bytes().to_vec()))
        .collect();
    assert_eq!(found, expected);
    place.close(store).await;

    let (store, began, found) = place.open().await;
    assert_eq!((began, found), (0, self::expected(&store).await));
}

/// Decisions would miss an event that a model cannot fold.
#[tokio::test]
async fn an_event_that_a_model_cannot_fold_is_not_stored_and_stops_decisions_where_it_is_stored_already() {
    let place = Place::shared().await;
    let store = place.store().await;
    let damaged = || {
        let (event_type, data) = ("slot.booked".to_owned(), Bytes::from_static(b"{}"));
        let mut write = write(&order("a"), 0, 1);
        write.events = vec![NewEvent {
            event_type,
            data,
            ..new_event()
        }];
        write
    };
    let why = "the local index: model slots-1 cannot fold event 1 (slot.booked): it is no slot";
    let refused = add(&store, vec![damaged()]).await;
    assert_eq!(refused, Err(AppendError::Unavailable(why.to_owned())));
    assert_eq!(store.status(&ORDERS).await.unwrap().commits, 0);

    let other = EventStore::connect(place.options.clone(), &[&ORDERS_OTHERWISE])
        .await
        .unwrap();
    add(&other, vec![damaged()]).await.unwrap();
    eventually("decisions have stopped", SOON, async || {
        let refused = add(&store, vec![write(&order("b"), 0, 1)]).await;
        refused
            == Err(AppendError::Unavailable(format!(
                "stream ORDERS takes no commits: {why}"
            )))
    })
    .await;
}

#[tokio::test]
async fn two_processes_with_one_folder_do_not_disturb_each_other() {
    let place = Indexed::new().await;
    let (one, other) = (place.place.store().await, place.place.store().await);
    for round in 0..5 {
        place
            .fill(if round % 2 == 0 { &one } else { &other }, round..round + 1)
            .await;
    }
    for store in [&one, &other] {
        caught_up(store).await;
        assert_eq!(truth(store).await, expected(store).await);
    }
    other.close().await;
    place.close(one).await;
    let (store, _, found) = place.open().await;
    assert_eq!(found, expected(&store).await);
    assert_eq!(everything(&store).await.len(), 20);
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_refused() {
    let place = Indexed::new().await;
    let file = place.folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let mut options = place.place.options.clone();
    options.index = Some(IndexStorage::Folder(file.join("below")));
    let refused = EventStore::connect(options, &[&ORDERS]).await;
    assert!(matches!(refused, Err(ConnectError::Index(_))), "{refused:?}");
}
