//! Outages: acknowledged appends are stored, refused ones are not, and the store recovers by itself.

use std::time::Duration;

use embedded::testing::eventually;
use event_store::{Append, AppendError, Appended, EventStore};

use crate::support::{
    ORDERS, Place, SOON, Writers, add, append_all, append_of, assert_answers_hold, caught_up, count, following, load,
    order,
    proxy::{Line, Proxy},
    publishes::Cut,
    servers::OwnServers,
    versions, write,
};

/// Appends of one event each, or of two events to two orders, all to different orders.
fn appends(count: usize, writes: usize) -> Vec<Append> {
    let write = |n, side| write(&order(format!("n{n}s{side}")), 0, 1);
    (0..count)
        .map(|n| append_of((0..writes).map(|side| write(n, side)).collect()))
        .collect()
}

async fn stored_commits(store: &EventStore) -> u64 {
    store.status(&ORDERS).await.map_or(0, |status| status.commits)
}

async fn recovers(store: &EventStore) {
    let probe = order("probe");
    eventually("the store takes an append again", SOON, async || {
        let Ok(loaded) = store.load(&probe).await else {
            return false;
        };
        add(store, vec![following(&probe, &loaded, 1)]).await.is_ok()
    })
    .await;
}

fn say_unavailable(answers: &[Result<Appended, AppendError>]) -> bool {
    answers
        .iter()
        .all(|answer| matches!(answer, Err(AppendError::Unavailable(_) | AppendError::OutcomeUnknown)))
}

/// A stream's subject has no subscriber while the servers elect a leader, or while the stream does not exist.
#[tokio::test]
async fn an_append_that_finds_no_leader_waits_for_one() {
    for is_followed in [false, true] {
        let mut place = Place::shared().await;
        place.options.request_timeout = SOON;
        let store = place.store().await;
        if is_followed {
            caught_up(&store).await;
        }
        let stream = place.stream_name();
        place.jetstream().await.delete_stream(stream).await.unwrap();

        let mut append = Box::pin(add(&store, vec![write(&order("a"), 0, 2)]));
        let early = tokio::time::timeout(Duration::from_secs(2), &mut append).await;
        assert!(early.is_err(), "it was answered without a leader: {early:?}");
        let _made_again = place.store().await;

        append.await.unwrap();
        assert_eq!(versions(&load(&store, &order("a")).await), [1, 2]);
    }
}

#[tokio::test]
async fn without_a_server_nothing_is_acknowledged_and_the_store_recovers_with_it() {
    let servers = OwnServers::start().await;
    let store = Place::at(servers.nats_url()).impatient().store().await;
    add(&store, vec![write(&order("before"), 0, 2)]).await.unwrap();

    let promise_nothing = async {
        for (count, writes) in [(1, 1), (1, 2), (5, 1), (40, 2)] {
            let answers = append_all(&store, &appends(count, writes)).await;
            assert!(say_unavailable(&answers), "{count} of {writes}: {answers:?}");
        }
        eventually("the store knows that it is alone", SOON, async || !store.is_connected()).await;
        let answers = append_all(&store, &appends(20, 1)).await;
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Err(AppendError::Unavailable(_)))),
            "{answers:?}"
        );
        let loaded = store.load(&order("before")).await;
        assert!(
            matches!(loaded, Err(event_store::LoadError::Unavailable(_))),
            "{loaded:?}"
        );
        assert!(store.status(&ORDERS).await.is_err());
        let refused = store.decide(&ORDERS, |_| Ok(Err::<(), ()>(()))).await;
        assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
    };
    servers.without_any(promise_nothing).await;

    recovers(&store).await;
    assert_eq!(versions(&load(&store, &order("before")).await), [1, 2]);
    servers.stop().await;
}

#[tokio::test]
async fn a_server_killed_under_load_keeps_what_it_acknowledged() {
    let servers = OwnServers::start().await;
    let place = Place::at(servers.nats_url()).impatient();
    let store = place.store().await;
    // Few writers, and so many that they share commits.
    for writers in [4, 64] {
        let writers = Writers::start(&store, writers);
        for _ in 0..2 {
            let target = stored_commits(&store).await + 100;
            eventually("the writers are at work", SOON, async || {
                stored_commits(&store).await >= target
            })
            .await;
            servers.without_the_leader(&place, async {}).await;
            recovers(&store).await;
        }
        let (appends, answers) = writers.stop().await;

        assert!(answers.iter().filter(|answer| answer.is_ok()).count() >= 100);
        assert_answers_hold(&store, &appends, &answers).await;
    }
    servers.stop().await;
}

/// A store behind a proxy that can go dead, and a witness with a direct connection.
async fn behind_a_line() -> (Proxy, EventStore, EventStore) {
    let place = Place::shared().await;
    let proxy = Proxy::before(&place.options.url).await;
    let store = place.through(proxy.url()).impatient().store().await;
    caught_up(&store).await;
    (proxy, store, place.store().await)
}

/// One event; one append of two; a few events; a group that shares a commit.
const SHAPES: [(usize, usize); 4] = [(1, 1), (1, 2), (6, 1), (30, 2)];

/// Runs a test for all shapes at once. A shape is a number of appends and a number of writes in each.
async fn with_each_shape(test: impl AsyncFn(usize, usize)) {
    futures_util::future::join_all(SHAPES.map(|(count, writes)| test(count, writes))).await;
}

#[tokio::test]
async fn an_append_whose_acknowledgement_was_lost_is_found_and_stored_once() {
    with_each_shape(async |shape, writes| {
        let (proxy, store, witness) = behind_a_line().await;
        let appends = appends(shape, writes);
        proxy.set(Line::AnswersLost);

        let restore = async {
            // Later commits wait until the outcome of the first is known.
            eventually("a commit is stored", SOON, async || stored_commits(&witness).await >= 1).await;
            proxy.reconnect();
        };
        let (answers, ()) = tokio::join!(append_all(&store, &appends), restore);

        assert!(answers.iter().all(Result::is_ok), "{shape} of {writes}: {answers:?}");
        for (append, answer) in appends.iter().zip(&answers) {
            let events = load(&witness, &append.writes[writes - 1].aggregate).await;
            assert_eq!(events[0].position, answer.as_ref().unwrap().position);
        }
        assert_answers_hold(&witness, &appends, &answers).await;
    })
    .await;
}

#[tokio::test]
async fn the_store_does_not_wait_for_an_answer_lost_with_its_connection() {
    with_each_shape(async |count, writes| {
        let mut place = Place::shared().await;
        let proxy = Proxy::before(&place.options.url).await;
        let witness = place.store().await;
        // Longer than the test waits.
        place.options.request_timeout = SOON * 10;
        let store = place.through(proxy.url()).store().await;
        caught_up(&store).await;
        let appends = appends(count, writes);
        proxy.set(Line::AnswersLost);

        let reconnect = async {
            proxy.loses_something().await;
            proxy.reconnect();
        };
        let answers = async { tokio::time::timeout(SOON, append_all(&store, &appends)).await };
        let (answers, ()) = tokio::join!(answers, reconnect);

        assert_answers_hold(&witness, &appends, &answers.expect("the answers come")).await;
    })
    .await;
}

#[tokio::test]
async fn an_append_that_was_stored_is_never_called_unavailable() {
    with_each_shape(async |shape, writes| {
        let (proxy, store, witness) = behind_a_line().await;
        let appends = appends(shape, writes);
        proxy.set(Line::AnswersLost);

        let cut = async {
            eventually("a commit is stored", SOON, async || stored_commits(&witness).await >= 1).await;
            proxy.set(Line::Down);
        };
        let (answers, ()) = tokio::join!(append_all(&store, &appends), cut);

        let unknown = |answer: &Result<_, _>| *answer == Err(AppendError::OutcomeUnknown);
        assert!(answers.iter().any(unknown), "{shape} of {writes}: {answers:?}");
        assert!(say_unavailable(&answers), "{shape} of {writes}: {answers:?}");
        assert_answers_hold(&witness, &appends, &answers).await;
    })
    .await;
}

#[tokio::test]
async fn an_append_that_never_arrived_is_sent_again_and_stored_once() {
    with_each_shape(async |count, writes| {
        let (proxy, store, witness) = behind_a_line().await;
        let appends = appends(count, writes);
        proxy.set(Line::RequestsLost);

        let restore = async {
            proxy.loses_something().await;
            proxy.reconnect();
        };
        let (answers, ()) = tokio::join!(append_all(&store, &appends), restore);

        assert!(answers.iter().all(Result::is_ok), "{count} of {writes}: {answers:?}");
        assert_answers_hold(&witness, &appends, &answers).await;
    })
    .await;
}

/// The line goes dead in the middle of each published commit, and after each. In the second case everything has been
/// sent, and only the acknowledgement is lost.
#[tokio::test]
async fn wherever_the_line_is_cut_the_append_is_stored_once() {
    with_each_shape(async |shape, writes| {
        // One append leaves at once; the others share the next commit.
        let commits = shape.min(2);
        for cut in (1..=commits).flat_map(|number| [Cut::Within(number), Cut::After(number)]) {
            let (proxy, store, witness) = behind_a_line().await;
            let appends = appends(shape, writes);
            proxy.cut_at(cut);

            let restore = async {
                proxy.is_cut().await;
                proxy.reconnect();
            };
            let (first, others) = appends.split_at(1);
            let others = async {
                // The first has left by then.
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                append_all(&store, others).await
            };
            let (mut answers, others, ()) = tokio::join!(append_all(&store, first), others, restore);
            answers.extend(others);

            assert!(answers.iter().all(Result::is_ok), "{cut:?} of {shape}: {answers:?}");
            assert_answers_hold(&witness, &appends, &answers).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_cut_line_that_stays_dead_leaves_the_outcome_unknown_or_nothing_stored() {
    with_each_shape(async |shape, writes| {
        for cut in [Cut::Within(1), Cut::After(1)] {
            let (proxy, store, witness) = behind_a_line().await;
            let appends = appends(shape, writes);
            proxy.cut_at(cut);

            let answers = append_all(&store, &appends).await;

            assert!(say_unavailable(&answers), "{cut:?}: {answers:?}");
            assert_answers_hold(&witness, &appends, &answers).await;
            if matches!(cut, Cut::After(_)) {
                assert!(count(&witness).await >= writes, "the first commit has arrived");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_line_that_fails_again_and_again_duplicates_nothing() {
    let (proxy, store, witness) = behind_a_line().await;
    let writers = Writers::start(&store, 24);
    for line in [Line::AnswersLost, Line::RequestsLost, Line::Down, Line::AnswersLost] {
        let target = stored_commits(&witness).await + 50;
        eventually("the writers are at work", SOON, async || {
            stored_commits(&witness).await >= target
        })
        .await;
        proxy.set(line);
        eventually("the store notices", SOON, async || store.status(&ORDERS).await.is_err()).await;
        proxy.reconnect();
        recovers(&store).await;
    }
    let (appends, answers) = writers.stop().await;

    assert_answers_hold(&witness, &appends, &answers).await;
}

#[tokio::test]
async fn a_version_that_was_taken_while_an_append_was_lost_conflicts() {
    let (proxy, store, witness) = behind_a_line().await;
    let append = append_of(vec![write(&order("a"), 0, 1)]);
    proxy.set(Line::RequestsLost);

    let overtake = async {
        proxy.loses_something().await;
        add(&witness, vec![write(&order("a"), 0, 1)]).await.unwrap();
        proxy.reconnect();
    };
    let (answer, ()) = tokio::join!(store.append(append.clone()), overtake);

    assert_eq!(answer, Err(AppendError::Conflict));
    assert_answers_hold(&witness, &[append], &[answer]).await;
}

/// A caller that does not know the outcome of an append may send it again, together with others.
#[tokio::test]
async fn an_append_sent_again_does_not_vouch_for_its_neighbours() {
    for writes in [1, 2] {
        let (proxy, store, witness) = behind_a_line().await;
        let again = append_of(vec![write(&order("again"), 0, writes)]);
        witness.append(again.clone()).await.unwrap();
        let mut appends = appends(20, writes);
        appends.push(again);
        proxy.set(Line::AnswersLost);

        let restore = async {
            proxy.loses_something().await;
            proxy.reconnect();
        };
        let (answers, ()) = tokio::join!(append_all(&store, &appends), restore);

        assert_answers_hold(&witness, &appends[..20], &answers[..20]).await;
    }
}
