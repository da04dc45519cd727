//! States: folded from an aggregate's events, cached within bounds, and never returned when outdated.

use std::sync::Arc;

use embedded::testing::PrivateServers;
use event_store::{AggregateId, AppendError, Decided, EventStore, LoadError, Loaded, RecordedEvent, Write};
use tokio::task::JoinSet;

use crate::support::{
    self, ORDERS, Place, add, caught_up, fill, fill_packed, load, metadata, new_event, order, versions, write,
};

/// Counts an aggregate's events.
#[derive(Clone, Debug, Default, PartialEq)]
struct Count(u64);

fn count(state: &mut Count, _event: &RecordedEvent, _body: &[u8]) -> Result<(), String> {
    state.0 += 1;
    Ok(())
}

async fn see(store: &EventStore, id: &AggregateId) -> Loaded<Count> {
    store.load_state(id, &count).await.expect("loaded")
}

/// Appends one event based on the state, as a decision does. Returns the state that it was based on.
async fn append_one(store: &EventStore, id: &AggregateId) -> Result<Decided<u64, ()>, AppendError> {
    let id = id.clone();
    let decide = move |view: &mut event_store::View<'_>| {
        let mut loaded = view.state(&id, &count)?;
        let before = loaded.state().0;
        let event = new_event();
        loaded.evolve(&event, |state: &mut Count, _| state.0 += 1);
        let head = view.append(&id, loaded.shared_state(), vec![event], &metadata())?;
        assert_eq!((head.version, loaded.version()), (before + 1, before + 1));
        Ok(Ok(before))
    };
    store.decide(&ORDERS, decide).await
}

#[tokio::test]
async fn a_state_is_folded_from_all_events_and_carries_its_head() {
    let store = support::store().await;
    let id = order("a");
    fill_packed(&store, &id, 1_500).await;
    let events = load(&store, &id).await;
    let loaded = see(&store, &id).await;
    let last = events.last().expect("events");
    assert_eq!((loaded.state(), loaded.version()), (&Count(1_500), 1_500));
    assert_eq!(
        (loaded.head().version, loaded.head().position),
        (last.version, last.position)
    );
    let nobody = see(&store, &order("b")).await;
    assert_eq!((nobody.state(), nobody.version()), (&Count(0), 0));
}

#[tokio::test]
async fn a_state_is_loaded_as_it_was_at_a_version() {
    let store = support::store().await;
    let id = order("a");
    fill(&store, &id, 5).await;
    for (asked, found) in [(0, 0), (1, 1), (3, 3), (5, 5), (9, 5)] {
        let loaded = store.load_state_at(&id, asked, &count).await.expect("loaded");
        assert_eq!((loaded.state().0, loaded.version()), (found, found), "at {asked}");
    }
}

#[tokio::test]
async fn an_append_returns_the_head_of_each_aggregate() {
    let store = support::store().await;
    let (a, b) = (order("a"), order("b"));
    add(&store, vec![write(&a, 0, 1)]).await.expect("stored");
    let appended = add(&store, vec![write(&a, 1, 2), write(&b, 0, 3)])
        .await
        .expect("stored");
    for (id, head) in [&a, &b].into_iter().zip(&appended.heads) {
        let events = load(&store, id).await;
        let last = events.last().expect("events");
        assert_eq!((head.version, head.position), (last.version, last.position));
    }
    assert_eq!(appended.position, appended.heads[1].position);
}

#[tokio::test]
async fn a_state_decided_here_is_used_again_without_a_load() {
    let servers = PrivateServers::start().await;
    let place = Place::alone_at(servers.nats_url()).impatient();
    let store = place.store().await;
    let id = order("a");
    for before in 0..3 {
        assert_eq!(append_one(&store, &id).await.expect("stored").outcome, Ok(before));
    }
    servers.kill_nats().await;
    // The state is in memory, and the index knows that there are no newer events.
    let loaded = see(&store, &id).await;
    assert_eq!((loaded.state(), loaded.version()), (&Count(3), 3));
    // Events that are not in memory cannot be loaded.
    let events = store.load(&id).await;
    assert!(matches!(events, Err(LoadError::Unavailable(_))), "{events:?}");
    // Nothing can be decided.
    let decided = append_one(&store, &id).await;
    assert!(matches!(decided, Err(AppendError::Unavailable(_))), "{decided:?}");
    servers.stop().await;
}

#[tokio::test]
async fn an_outdated_state_is_not_used_for_a_decision() {
    let place = Place::shared().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    let id = order("a");
    for round in 0..20 {
        let store = if round % 2 == 0 { &here } else { &elsewhere };
        assert_eq!(append_one(store, &id).await.expect("stored").outcome, Ok(round));
    }
    assert_eq!(versions(&load(&here, &id).await), (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_read_reaches_as_far_as_the_process_has_followed_the_stream() {
    let place = Place::shared().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    let id = order("a");
    for expected in 0..3 {
        caught_up(&here).await;
        assert_eq!(see(&here, &id).await.state(), &Count(expected));
        append_one(&elsewhere, &id).await.expect("stored");
    }
}

#[tokio::test]
async fn concurrent_decisions_on_a_hot_aggregate_each_see_the_previous_one() {
    const WRITERS: u64 = 64;
    let store = support::store().await;
    let id = order("hot");
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (store, id) = (store.clone(), id.clone());
        writers.spawn(async move { append_one(&store, &id).await });
    }
    let answers = writers.join_all().await;
    let mut seen: Vec<u64> = answers
        .into_iter()
        .map(|answer| answer.expect("stored").outcome.expect("decided"))
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..WRITERS).collect::<Vec<_>>());
    assert_eq!(load(&store, &id).await.len() as u64, WRITERS);
}

#[tokio::test]
async fn a_body_that_cannot_be_folded_names_its_event() {
    let store = support::store().await;
    fill(&store, &order("a"), 2).await;
    let fail_at_second = |state: &mut Count, event: &RecordedEvent, body: &[u8]| match event.version {
        1 => count(state, event, body),
        _ => Err("it does not fit".to_owned()),
    };
    let loaded = store.load_state(&order("a"), &fail_at_second).await;
    let error = loaded.expect_err("a fault").to_string();
    assert_eq!(error, "stream ORDERS, sequence 2, order/a: it does not fit");

    // Nothing can be decided on it either.
    let decide = move |view: &mut event_store::View<'_>| {
        let loaded = view.state(&order("a"), &fail_at_second)?;
        Ok(Ok::<u64, ()>(loaded.version()))
    };
    let decided = store.decide(&ORDERS, decide).await;
    assert_eq!(decided, Err(AppendError::Damaged(error)));
}

#[tokio::test]
async fn no_more_states_are_cached_than_allowed() {
    let mut place = Place::shared().await;
    place.options.remembered_states = 10;
    let store = place.store().await;
    let mut states = Vec::new();
    for number in 0..200 {
        let id = order(format!("o{number}"));
        append_one(&store, &id).await.expect("stored");
        let remembered = see(&store, &id).await;
        states.push(Arc::downgrade(&remembered.shared_state()));
    }
    let alive = states.iter().filter(|state| state.strong_count() > 0).count();
    assert!(alive <= 10, "{alive} states are held");
    // An evicted state is loaded again, also for a decision.
    for number in [0, 100, 199] {
        let id = order(format!("o{number}"));
        assert_eq!(append_one(&store, &id).await.expect("stored").outcome, Ok(1));
    }
}

#[tokio::test]
async fn concurrent_readers_see_what_others_have_written() {
    let place = Place::shared().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    let ids: Vec<AggregateId> = (0..1_200).map(|n| order(format!("o{n}"))).collect();
    for ids in ids.chunks(400) {
        let appends: Vec<_> = ids.iter().map(|id| support::append_of(vec![write(id, 0, 1)])).collect();
        for answer in support::append_all(&here, &appends).await {
            answer.expect("stored");
        }
    }
    let look = async || {
        caught_up(&here).await;
        let looks = ids.iter().map(|id| see(&here, id));
        let seen = futures_util::future::join_all(looks).await;
        seen.iter().map(Loaded::version).collect::<Vec<_>>()
    };
    assert_eq!(look().await, vec![1; ids.len()]);
    for (n, id) in ids.iter().enumerate().filter(|(n, _)| n % 100 == 7) {
        add(&elsewhere, vec![write(id, 1, 1 + n / 100)]).await.expect("stored");
    }
    let gone_on = |n: usize| if n % 100 == 7 { 2 + n as u64 / 100 } else { 1 };
    assert_eq!(look().await, (0..ids.len()).map(gone_on).collect::<Vec<_>>());
}

/// More than the server ever sends in one answer, which is 64 MiB.
#[tokio::test]
async fn concurrent_readers_see_large_events_too() {
    let place = Place::shared().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    let ids: Vec<AggregateId> = (0..80).map(|n| order(format!("o{n}"))).collect();
    for id in &ids {
        add(&here, vec![write(id, 0, 1)]).await.expect("stored");
        see(&here, id).await;
        let large = Write {
            events: vec![support::event_of(880_000)],
            ..write(id, 1, 0)
        };
        add(&elsewhere, vec![large]).await.expect("stored");
    }
    caught_up(&here).await;
    let seen = futures_util::future::join_all(ids.iter().map(|id| see(&here, id))).await;
    assert!(seen.iter().all(|seen| seen.version() == 2));
}
