//! Restoring: a stream is restored unchanged, commit by commit, into an empty place or its own, and into no other.

use std::sync::Arc;

use event_store::{
    Commit, EventStore, KeyError, KeyRestored, LocalMasterKey, MasterKeys, NewEvent, PersonalData, RestoreFault,
    Restored, Sealing, Write,
};

use crate::support::{
    ORDERS, Place, add, assert_whole, caught_up, commits, following, load, new_event, order, store, write,
};

/// The commits of a stream in which three aggregates take turns, two of them in each commit.
async fn backed_up(count: u64) -> Vec<Commit> {
    let store = store().await;
    let ids = ["a", "b", "c"];
    for number in 0..count as usize {
        let mut writes = Vec::new();
        for id in [ids[number % 3], ids[(number + 1) % 3]] {
            writes.push(following(&order(id), &load(&store, &order(id)).await, 1));
        }
        add(&store, writes).await.expect("stored");
    }
    commits(&store).await
}

/// Restores everything, a few commits at a time.
async fn restore(store: &EventStore, commits: &[Commit]) -> Restored {
    let mut restoration = store.restore(&ORDERS).await.expect("begun");
    let mut sum = Restored::default();
    for chunk in commits.chunks(7) {
        let Restored { stored, already_there } = restoration.take(chunk.to_vec()).await.expect("restored");
        sum.stored += stored;
        sum.already_there += already_there;
    }
    assert_eq!(restoration.position(), commits.len() as u64);
    sum
}

fn counted(stored: u64, already_there: u64) -> Restored {
    Restored { stored, already_there }
}

/// The fault with which these commits are refused. Asserts that nothing has been stored.
async fn fault(store: &EventStore, commits: Vec<Commit>) -> (u64, RestoreFault) {
    let before = store.status(&ORDERS).await.expect("a status");
    let mut restoration = store.restore(&ORDERS).await.expect("begun");
    let error = restoration.take(commits).await.expect_err("refused");
    assert_eq!(
        store.status(&ORDERS).await.expect("a status"),
        before,
        "nothing was stored"
    );
    (error.position, error.fault)
}

#[tokio::test]
async fn a_stream_is_restored_unchanged_and_continues() {
    let backup = backed_up(30).await;
    let store = store().await;
    assert_eq!(restore(&store, &backup).await, counted(30, 0));
    assert_eq!(commits(&store).await, backup);
    assert_whole(&store).await;
    let next = following(&order("b"), &load(&store, &order("b")).await, 1);
    assert_eq!(add(&store, vec![next]).await.expect("stored").position, 31);
    assert_whole(&store).await;
}

#[tokio::test]
async fn commits_that_were_restored_before_are_compared_and_skipped() {
    let backup = backed_up(30).await;
    let store = store().await;
    restore(&store, &backup[..10]).await;
    assert_eq!(restore(&store, &backup).await, counted(20, 10));
    assert_eq!(restore(&store, &backup).await, counted(0, 30));
    assert_eq!(commits(&store).await, backup);
    let next = following(&order("a"), &load(&store, &order("a")).await, 1);
    add(&store, vec![next]).await.expect("stored");
    assert_eq!(
        restore(&store, &backup).await,
        counted(0, 30),
        "it may have advanced since"
    );
}

#[tokio::test]
async fn commits_that_do_not_fit_are_refused_and_nothing_is_stored() {
    let backup = backed_up(9).await;
    let empty = store().await;
    let changed = |change: &dyn Fn(&mut Vec<Commit>)| {
        let mut commits = backup.clone();
        change(&mut commits);
        commits
    };
    let gap = fault(&empty, changed(&|commits| drop(commits.remove(4)))).await;
    assert!(matches!(gap, (6, RestoreFault::OutOfOrder { expected: 5 })), "{gap:?}");
    let swapped = fault(&empty, changed(&|commits| commits.swap(0, 1))).await;
    assert!(
        matches!(swapped, (2, RestoreFault::OutOfOrder { expected: 1 })),
        "{swapped:?}"
    );
    let edited = fault(
        &empty,
        changed(&|commits| commits[2] = edit(&commits[2], "user-1", "user-2")),
    )
    .await;
    assert!(
        matches!(edited, (4, RestoreFault::Chain)),
        "the next one shows it: {edited:?}"
    );

    let foreign = store().await;
    add(&foreign, vec![write(&order("z"), 0, 1)]).await.expect("stored");
    let differs = fault(&foreign, backup.clone()).await;
    assert!(matches!(differs, (1, RestoreFault::Differs)), "{differs:?}");
}

/// A commit with a word of its body replaced.
fn edit(commit: &Commit, word: &str, other: &str) -> Commit {
    let body = String::from_utf8(commit.body().to_vec()).expect("text");
    let edited = body.replace(word, other);
    assert_ne!(edited, body);
    let (position, id) = (commit.position, commit.id);
    Commit::from_parts(&ORDERS, position, id, commit.previous_hash, Vec::new(), edited.into()).expect("a commit")
}

#[tokio::test]
async fn parts_that_cannot_be_read_make_no_commit() {
    let backup = backed_up(1).await;
    let commit = &backup[0];
    for body in ["", "{}", "[1]", r#"[{"specversion":"1.0"}]"#] {
        let made = Commit::from_parts(&ORDERS, 1, commit.id, commit.previous_hash, Vec::new(), body.into());
        assert_eq!(made.expect_err(body).sequence, 1);
    }
}

#[tokio::test]
async fn a_concurrent_write_ends_the_restoration_and_is_kept() {
    let backup = backed_up(9).await;
    let store = store().await;
    let mut restoration = store.restore(&ORDERS).await.expect("begun");
    restoration.take(backup[..3].to_vec()).await.expect("restored");
    add(&store, vec![write(&order("z"), 0, 1)]).await.expect("stored");
    let error = restoration.take(backup[3..].to_vec()).await.expect_err("refused");
    assert!(
        matches!((error.position, &error.fault), (4, RestoreFault::Differs)),
        "{error}"
    );
    assert_eq!(commits(&store).await.len(), 4, "none of those behind it");
    assert_whole(&store).await;
}

#[tokio::test]
async fn a_write_at_the_same_moment_never_breaks_the_chain() {
    let backup = backed_up(200).await;
    for _ in 0..5 {
        let place = Place::shared().await;
        let (store, other) = (place.store().await, place.store().await);
        let mut restoration = store.restore(&ORDERS).await.expect("begun");
        restoration.take(backup[..20].to_vec()).await.expect("restored");
        caught_up(&other).await;

        let written = add(&other, vec![write(&order("z"), 0, 1)]);
        let (restored, written) = tokio::join!(restoration.take(backup[20..].to_vec()), written);

        assert_whole(&store).await;
        let stored = commits(&store).await;
        match restored {
            Ok(_) => assert_eq!(stored[..200], backup[..]),
            Err(error) => assert!(matches!(error.fault, RestoreFault::Differs), "{error}"),
        }
        // Otherwise the append was refused until its time was over.
        if let Ok(appended) = written {
            assert_eq!(stored[appended.position as usize - 1].events[0].aggregate_id, "z");
        }
    }
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
async fn sealed_events_open_with_restored_keys_and_erased_ones_stay_erased() {
    let original = sealing_store('1').await;
    for person in ["ada", "bob", "cleo"] {
        tell(&original, person).await;
    }
    original.destroy_key("bob").await.expect("destroyed");
    let (backup, kept) = (commits(&original).await, keys(&original).await);
    let events: Vec<_> = backup.iter().flat_map(|commit| commit.events.clone()).collect();
    assert_eq!(kept.len(), 3);

    let store = sealing_store('1').await;
    assert_eq!(
        store.restore_keys(&kept).await.expect("restored"),
        [KeyRestored::Stored; 3]
    );
    assert_eq!(restore(&store, &backup).await, counted(3, 0));
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
