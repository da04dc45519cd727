//! Restoring: a stream comes back as it was, event by event, into an empty place or its own, and into no other.

use std::sync::Arc;

use event_store::{
    EventStore, KeyError, KeyRestored, LocalMasterKey, MasterKeys, NewEvent, PersonalData, RecordedEvent, RestoreFault,
    Restored, Sealing, Write,
};

use crate::support::{ORDERS, Place, add, everything, following, load, new_event, order, store, write};

/// A stream in which three aggregates take turns, so that most events follow one that is not the last.
async fn backed_up(events: u64) -> Vec<RecordedEvent> {
    let store = store().await;
    for round in 0..events / 3 {
        let mut writes = Vec::new();
        for id in ["a", "b", "c"] {
            let loaded = load(&store, &order(id)).await;
            assert_eq!(loaded.len() as u64, round);
            writes.push(following(&order(id), &loaded, 1));
        }
        add(&store, writes).await.expect("stored");
    }
    everything(&store).await
}

fn chunks(events: &[RecordedEvent], size: usize) -> impl Iterator<Item = Vec<RecordedEvent>> {
    events.chunks(size).map(<[_]>::to_vec)
}

/// Restores everything in commits of a few events.
async fn restore(store: &EventStore, events: &[RecordedEvent]) -> Restored {
    let mut restoration = store.restore(&ORDERS).await.expect("begun");
    let mut sum = Restored::default();
    for chunk in chunks(events, 7) {
        let Restored { stored, already_there } = restoration.take(chunk).await.expect("restored");
        sum.stored += stored;
        sum.already_there += already_there;
    }
    assert_eq!(restoration.position(), events.len() as u64);
    sum
}

fn counted(stored: u64, already_there: u64) -> Restored {
    Restored { stored, already_there }
}

/// Why these events are refused, and that nothing has been stored.
async fn fault(store: &EventStore, events: Vec<RecordedEvent>) -> (u64, RestoreFault) {
    let before = store.status(&ORDERS).await.expect("a status");
    let mut restoration = store.restore(&ORDERS).await.expect("begun");
    let error = restoration.take(events).await.expect_err("refused");
    assert_eq!(
        store.status(&ORDERS).await.expect("a status"),
        before,
        "nothing was stored"
    );
    (error.position, error.fault)
}

#[tokio::test]
async fn a_stream_comes_back_as_it_was_and_goes_on() {
    let events = backed_up(30).await;
    let store = store().await;
    assert_eq!(restore(&store, &events).await, counted(30, 0));
    assert_eq!(everything(&store).await, events);
    assert_eq!(store.verify(&ORDERS, |_, _| {}).await.expect("verified").fault, None);
    let next = following(&order("b"), &load(&store, &order("b")).await, 1);
    assert_eq!(add(&store, vec![next]).await.expect("stored").position, 31);
}

#[tokio::test]
async fn what_was_restored_before_is_compared_and_skipped() {
    let events = backed_up(30).await;
    let store = store().await;
    restore(&store, &events[..10]).await;
    assert_eq!(restore(&store, &events).await, counted(20, 10));
    assert_eq!(restore(&store, &events).await, counted(0, 30));
    assert_eq!(everything(&store).await, events);
    let next = following(&order("a"), &load(&store, &order("a")).await, 1);
    add(&store, vec![next]).await.expect("stored");
    assert_eq!(
        restore(&store, &events).await,
        counted(0, 30),
        "it may have gone on since"
    );
}

#[tokio::test]
async fn events_that_do_not_fit_are_refused_and_nothing_is_stored() {
    let events = backed_up(9).await;
    let empty = store().await;
    let changed = |change: &dyn Fn(&mut Vec<RecordedEvent>)| {
        let mut events = events.clone();
        change(&mut events);
        events
    };
    let gap = fault(&empty, changed(&|events| drop(events.remove(4)))).await;
    assert!(matches!(gap, (6, RestoreFault::OutOfOrder { expected: 5 })), "{gap:?}");
    let swapped = fault(&empty, changed(&|events| events.swap(0, 1))).await;
    assert!(
        matches!(swapped, (2, RestoreFault::OutOfOrder { expected: 1 })),
        "{swapped:?}"
    );
    let edited = fault(&empty, changed(&|events| events[2].metadata.actor = "eve".to_owned())).await;
    assert!(
        matches!(edited, (6, RestoreFault::Chain)),
        "the next one shows it: {edited:?}"
    );
    let control = fault(
        &empty,
        changed(&|events| events[8].metadata.actor = "a\r\nce-id: b".to_owned()),
    )
    .await;
    assert!(matches!(control, (9, RestoreFault::Unusable(_))), "{control:?}");
    let path = fault(&empty, changed(&|events| events[8].aggregate_id = "a.b".to_owned())).await;
    assert!(matches!(path, (9, RestoreFault::Unusable(_))), "{path:?}");

    let foreign = store().await;
    add(&foreign, vec![write(&order("z"), 0, 1)]).await.expect("stored");
    let differs = fault(&foreign, events.clone()).await;
    assert!(matches!(differs, (1, RestoreFault::Differs)), "{differs:?}");
}

#[tokio::test]
async fn an_event_that_lacks_the_one_before_it_in_the_stream_is_refused() {
    let events = backed_up(9).await;
    let store = store().await;
    let mut restoration = store.restore(&ORDERS).await.expect("begun");
    restoration.take(events[..3].to_vec()).await.expect("restored");
    let mut forged = events[3].clone();
    forged.version = 3;
    let error = restoration.take(vec![forged]).await.expect_err("refused");
    assert!(matches!(error.fault, RestoreFault::Chain), "{error}");
}

#[tokio::test]
async fn whoever_writes_meanwhile_ends_the_restoration_and_loses_nothing() {
    let events = backed_up(9).await;
    let store = store().await;
    let mut restoration = store.restore(&ORDERS).await.expect("begun");
    restoration.take(events[..3].to_vec()).await.expect("restored");
    add(&store, vec![write(&order("z"), 0, 1)]).await.expect("stored");
    let error = restoration.take(events[3..].to_vec()).await.expect_err("refused");
    assert!(
        matches!((error.position, &error.fault), (4, RestoreFault::Differs)),
        "{error}"
    );
    assert_eq!(everything(&store).await.len(), 4, "all or none");
}

fn sealing(digit: char) -> Option<Sealing> {
    let key = LocalMasterKey::from_hex(&digit.to_string().repeat(64)).expect("a key");
    Some(Sealing {
        master_keys: MasterKeys::new(Arc::new(key), Vec::new()),
        cached_keys: 10,
    })
}

/// A store that seals under a master key.
async fn sealing_store(digit: char) -> EventStore {
    let mut place = Place::shared().await;
    place.options.sealing = sealing(digit);
    place.store().await
}

async fn tell(store: &EventStore, person: &str) {
    let event = NewEvent {
        data: r#"{"name":"Ada Lovelace"}"#.into(),
        personal: Some(PersonalData {
            data_subject: person.to_owned(),
            fields: &["/name"],
        }),
        ..new_event()
    };
    let write = Write {
        events: vec![event],
        ..write(&order(person), 0, 0)
    };
    add(store, vec![write]).await.expect("stored");
}

async fn keys(store: &EventStore) -> Vec<event_store::KeptKey> {
    let (mut keys, mut after) = (Vec::new(), 0);
    while let Some((place, key)) = store.next_kept_key(after).await.expect("a key") {
        keys.push(key);
        after = place;
    }
    keys
}

#[tokio::test]
async fn sealed_events_open_with_the_keys_that_were_restored_and_erased_ones_stay_erased() {
    let original = sealing_store('1').await;
    for person in ["ada", "bob", "cleo"] {
        tell(&original, person).await;
    }
    original.destroy_key("bob").await.expect("destroyed");
    let (events, kept) = (everything(&original).await, keys(&original).await);
    assert_eq!(kept.len(), 3);

    let store = sealing_store('1').await;
    assert_eq!(
        store.restore_keys(&kept).await.expect("restored"),
        [KeyRestored::Stored; 3]
    );
    assert_eq!(restore(&store, &events).await, counted(3, 0));
    let bodies = store.open(&events).await.expect("opened");
    assert_eq!(bodies[0], r#"{"name":"Ada Lovelace"}"#);
    assert_eq!(bodies[1], r#"{"name":null}"#);

    store.destroy_key("cleo").await.expect("destroyed");
    let again = store.restore_keys(&kept).await.expect("restored");
    assert_eq!(again, [KeyRestored::AlreadyThere; 3]);
    let bodies = store.open(&events).await.expect("opened");
    assert_eq!(bodies[2], r#"{"name":null}"#, "what was erased since stays erased");

    original.destroy_key("ada").await.expect("destroyed");
    let newer = keys(&original).await;
    store.restore_keys(&newer).await.expect("restored");
    let bodies = store.open(&events).await.expect("opened");
    assert_eq!(bodies[0], r#"{"name":null}"#, "what was erased in the backup is erased");
}

#[tokio::test]
async fn keys_of_another_log_or_another_master_key_are_refused() {
    let original = sealing_store('1').await;
    tell(&original, "ada").await;
    let kept = keys(&original).await;
    let wrong_master = sealing_store('2').await.restore_keys(&kept).await;
    assert!(
        matches!(wrong_master, Err(KeyError::UnknownMasterKey(_))),
        "{wrong_master:?}"
    );
    let foreign = sealing_store('1').await;
    tell(&foreign, "ada").await;
    let another = foreign.restore_keys(&kept).await;
    assert_eq!(another, Err(KeyError::Another("ada".to_owned())));
}
