//! States: what this process remembers never decides anything that is stored, and what is only read is always asked.

use std::sync::Arc;

use embedded::testing::PrivateServers;
use event_store::{AggregateId, AppendError, Appended, Consistency, EventStore, Freshness, LoadError, Loaded, Write};
use tokio::task::JoinSet;

use crate::support::{self, Place, add, fill, load, new_event, order, versions, write};

/// Counts an aggregate's events.
#[derive(Clone, Debug, Default, PartialEq)]
struct Count(u64);

fn count(state: &mut Count, _event: &event_store::RecordedEvent, _body: &[u8]) -> Result<(), String> {
    state.0 += 1;
    Ok(())
}

async fn take(store: &EventStore, id: &AggregateId, freshness: Freshness) -> Loaded<Count> {
    store.load_to_write(id, freshness, &count).await.expect("loaded")
}

async fn see(store: &EventStore, id: &AggregateId) -> Loaded<Count> {
    store.load_state(id, Consistency::Any, &count).await.expect("loaded")
}

/// Appends one event to what was loaded, and lets the store remember or forget, as a writer does.
async fn append_one(store: &EventStore, mut loaded: Loaded<Count>) -> Result<Appended, AppendError> {
    let event = new_event();
    let written = Write {
        aggregate: loaded.id().clone(),
        expected_version: loaded.head().version,
        previous_hash: loaded.head().hash,
        events: vec![event.clone()],
    };
    loaded.evolve(&event, |state: &mut Count, _| state.0 += 1);
    let answer = add(store, vec![written]).await;
    match &answer {
        Ok(appended) => store.remember(loaded.id(), loaded.shared_state(), appended.heads[0]),
        Err(_) => store.forget(loaded.id()),
    }
    answer
}

#[tokio::test]
async fn a_state_is_folded_from_all_events_and_knows_where_it_stands() {
    let store = support::store().await;
    let id = order("a");
    fill(&store, &id, 1_500).await;
    let events = load(&store, &id).await;
    let loaded = see(&store, &id).await;
    let last = events.last().expect("events");
    assert_eq!((loaded.state(), loaded.version()), (&Count(1_500), 1_500));
    assert_eq!(
        (loaded.head().hash, loaded.head().position),
        (last.hash(), last.position)
    );
}

#[tokio::test]
async fn an_append_says_where_each_aggregate_stands() {
    let store = support::store().await;
    let (a, b) = (order("a"), order("b"));
    add(&store, vec![write(&a, 0, 1)]).await.expect("stored");
    let first = load(&store, &a).await;
    let writes = vec![
        Write {
            previous_hash: first[0].hash(),
            ..write(&a, 1, 2)
        },
        write(&b, 0, 3),
    ];
    let appended = add(&store, writes).await.expect("stored");
    for (id, head) in [&a, &b].into_iter().zip(&appended.heads) {
        let events = load(&store, id).await;
        let last = events.last().expect("events");
        assert_eq!(
            (head.version, head.position, head.hash),
            (last.version, last.position, last.hash())
        );
    }
    assert_eq!(appended.position, appended.heads[1].position);
}

#[tokio::test]
async fn what_was_written_here_is_taken_out_again_without_asking() {
    let servers = PrivateServers::start().await;
    let store = Place::alone_at(servers.nats_url()).store().await;
    let id = order("a");
    for _ in 0..3 {
        let loaded = take(&store, &id, Freshness::Remembered).await;
        append_one(&store, loaded).await.expect("stored");
    }
    servers.kill_nats().await;
    let loaded = take(&store, &id, Freshness::Remembered).await;
    assert_eq!((loaded.state(), loaded.version()), (&Count(3), 3));
    drop(loaded);
    let read = store
        .load_to_write(&id, Freshness::Read(Consistency::Any), &count)
        .await;
    assert!(matches!(read, Err(LoadError::Unavailable(_))), "{read:?}");
    let seen = store.load_state(&id, Consistency::Any, &count).await;
    assert!(matches!(seen, Err(LoadError::Unavailable(_))), "{seen:?}");
    servers.stop().await;
}

#[tokio::test]
async fn a_remembered_state_that_is_old_costs_a_conflict_and_is_forgotten() {
    let place = Place::shared().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    let id = order("a");
    let loaded = take(&here, &id, Freshness::Remembered).await;
    append_one(&here, loaded).await.expect("stored");
    let loaded = take(&elsewhere, &id, Freshness::Remembered).await;
    append_one(&elsewhere, loaded).await.expect("stored");

    let old = take(&here, &id, Freshness::Remembered).await;
    assert_eq!(old.state(), &Count(1), "this process has not seen the second event");
    assert_eq!(append_one(&here, old).await, Err(AppendError::Conflict));
    let again = take(&here, &id, Freshness::Remembered).await;
    assert_eq!(again.state(), &Count(2));
    append_one(&here, again).await.expect("stored");
    assert_eq!(versions(&load(&here, &id).await), [1, 2, 3]);
}

#[tokio::test]
async fn what_is_only_read_is_as_the_server_has_it() {
    let place = Place::shared().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    let id = order("a");
    for expected in 0..3 {
        assert_eq!(see(&here, &id).await.state(), &Count(expected));
        let loaded = take(&elsewhere, &id, Freshness::Remembered).await;
        append_one(&elsewhere, loaded).await.expect("stored");
    }
}

#[tokio::test]
async fn an_aggregate_expected_to_be_new_conflicts_when_it_is_not() {
    let store = support::store().await;
    append_one(&store, Loaded::new(order("a"))).await.expect("stored");
    assert_eq!(
        append_one(&store, Loaded::new(order("a"))).await,
        Err(AppendError::Conflict)
    );
}

#[tokio::test]
async fn the_writers_of_a_hot_aggregate_take_turns_and_none_conflicts() {
    const WRITERS: u64 = 64;
    let store = support::store().await;
    let id = order("hot");
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (store, id) = (store.clone(), id.clone());
        writers.spawn(async move {
            let mut loaded = take(&store, &id, Freshness::Remembered).await;
            let turn = loaded.take_turn();
            let answer = append_one(&store, loaded).await;
            drop(turn);
            answer
        });
    }
    let answers = writers.join_all().await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(load(&store, &id).await.len() as u64, WRITERS);
}

#[tokio::test]
async fn a_body_that_cannot_be_folded_names_its_event() {
    let store = support::store().await;
    add(&store, vec![write(&order("a"), 0, 2)]).await.expect("stored");
    let fail_at_second = |state: &mut Count, event: &event_store::RecordedEvent, body: &[u8]| match event.version {
        1 => count(state, event, body),
        _ => Err("it does not fit".to_owned()),
    };
    let loaded = store.load_state(&order("a"), Consistency::Any, &fail_at_second).await;
    let error = loaded.expect_err("a fault").to_string();
    assert_eq!(
        error,
        "stream ORDERS, sequence 2, subject ordering.order.a.0.2: it does not fit"
    );
}

#[tokio::test]
async fn no_more_is_remembered_than_was_allowed() {
    let mut place = Place::shared().await;
    place.options.remembered_states = 10;
    let store = place.store().await;
    let mut states = Vec::new();
    for number in 0..200 {
        let id = order(format!("o{number}"));
        let loaded = take(&store, &id, Freshness::Remembered).await;
        append_one(&store, loaded).await.expect("stored");
        let remembered = take(&store, &id, Freshness::Remembered).await;
        states.push(Arc::downgrade(&remembered.shared_state()));
    }
    let alive = states.iter().filter(|state| state.strong_count() > 0).count();
    assert!(alive <= 10, "{alive} states are held");
}

#[tokio::test]
async fn many_who_look_at_once_each_see_what_others_have_written() {
    let place = Place::shared().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    // More than one question can ask for.
    let ids: Vec<AggregateId> = (0..1_200).map(|n| order(format!("o{n}"))).collect();
    for ids in ids.chunks(400) {
        let appends: Vec<_> = ids.iter().map(|id| support::append_of(vec![write(id, 0, 1)])).collect();
        for answer in support::append_all(&here, &appends).await {
            answer.expect("stored");
        }
    }
    let look = async || {
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

/// More than the server would ever hand out in one answer, which is 64 MiB.
#[tokio::test]
async fn those_who_look_at_once_see_large_events_too() {
    let place = Place::shared().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    let ids: Vec<AggregateId> = (0..80).map(|n| order(format!("o{n}"))).collect();
    for id in &ids {
        add(&here, vec![write(id, 0, 1)]).await.expect("stored");
        see(&here, id).await;
        let large = Write {
            events: vec![support::event_of(1_000_000)],
            ..write(id, 1, 0)
        };
        add(&elsewhere, vec![large]).await.expect("stored");
    }
    let seen = futures_util::future::join_all(ids.iter().map(|id| see(&here, id))).await;
    assert!(seen.iter().all(|seen| seen.version() == 2));
}
