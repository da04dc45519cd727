//! Group commit: appends that wait together are stored together, but each gets its own answer.

use std::collections::BTreeSet;

use event_store::{Append, AppendError, Appended};
use futures_util::FutureExt as _;

use crate::support::{
    ORDERS, Place, add, append_all, append_of, assert_answers_hold, event_of, load, order, positions, store, versions,
    write,
};

fn conflicts(answers: &[Result<Appended, AppendError>]) -> usize {
    answers.iter().filter(|a| **a == Err(AppendError::Conflict)).count()
}

/// Appends of one to three events, each to its own order.
fn of_mixed_size(count: usize) -> Vec<Append> {
    (0..count)
        .map(|n| append_of(vec![write(&order(format!("m{n}")), 0, n % 3 + 1)]))
        .collect()
}

#[tokio::test]
async fn every_append_of_a_group_learns_its_own_position() {
    let store = store().await;
    // A few appends, and far more than one commit holds.
    for (round, count) in [(0, 8), (1, 64), (2, 700)] {
        let appends: Vec<_> = (0..count)
            .map(|n| append_of(vec![write(&order(format!("r{round}n{n}")), 0, n % 3 + 1)]))
            .collect();

        let answers = append_all(&store, &appends).await;

        for (append, answer) in appends.iter().zip(answers) {
            let events = load(&store, &append.writes[0].aggregate).await;
            assert_eq!(events.len(), append.writes[0].events.len());
            assert_eq!(positions(&events), vec![answer.unwrap().position; events.len()]);
            assert!(events.windows(2).all(|pair| pair[1].index == pair[0].index + 1));
        }
    }
}

#[tokio::test]
async fn appends_that_wait_while_a_commit_is_in_flight_share_the_next_one() {
    let store = store().await;
    add(&store, vec![write(&order("first"), 0, 1)]).await.unwrap();
    let appends = of_mixed_size(100);

    let answers = append_all(&store, &appends).await;

    let positions: BTreeSet<u64> = answers.iter().map(|answer| answer.as_ref().unwrap().position).collect();
    assert!(positions.len() <= 3, "100 appends took commits {positions:?}");
    assert_answers_hold(&store, &appends, &answers).await;
}

#[tokio::test]
async fn a_commit_is_no_larger_than_its_bound_unless_one_append_is() {
    let place = Place::shared().await;
    let store = place.store().await;
    let appends: Vec<_> = (0..60)
        .map(|n| {
            let mut write = write(&order(format!("n{n}")), 0, 1);
            write.events = vec![event_of(if n % 20 == 7 { 300_000 } else { 10_000 })];
            append_of(vec![write])
        })
        .collect();

    let answers = append_all(&store, &appends).await;

    assert_answers_hold(&store, &appends, &answers).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    for commit in crate::support::commits(&store).await {
        let most = (64 << 10) + 301_000;
        assert!(commit.body().len() <= most, "{} bytes", commit.body().len());
    }
}

#[tokio::test]
async fn conflicts_in_a_group_do_not_fail_their_neighbours() {
    let store = store().await;
    let taken = order("taken");
    add(&store, vec![write(&taken, 0, 1)]).await.unwrap();
    let appends: Vec<_> = (0..100)
        .map(|n| {
            let mut writes = vec![
                write(&order(format!("a{n}")), 0, 1),
                write(&order(format!("b{n}")), 0, 2),
            ];
            if n % 7 == 3 {
                writes.insert(n % 3, write(&taken, 0, 1));
            }
            append_of(writes)
        })
        .collect();

    let answers = append_all(&store, &appends).await;

    for (n, answer) in answers.iter().enumerate() {
        match n % 7 {
            3 => assert_eq!(*answer, Err(AppendError::Conflict), "append {n}"),
            _ => assert!(answer.is_ok(), "append {n}: {answer:?}"),
        }
    }
    assert_answers_hold(&store, &appends, &answers).await;
}

#[tokio::test]
async fn units_of_work_that_overlap_are_stored_whole_or_not_at_all() {
    let place = Place::shared().await;
    let (one, other) = (place.store().await, place.store().await);
    // Each touches two neighbours on a ring of orders, so each overlaps with two others.
    let appends: Vec<_> = (0..60)
        .map(|n| {
            let (left, right) = (order(format!("r{n}")), order(format!("r{}", (n + 1) % 60)));
            append_of(vec![write(&left, 0, 1), write(&right, 0, 1)])
        })
        .collect();

    let (mut answers, of_other) = tokio::join!(append_all(&one, &appends[..30]), append_all(&other, &appends[30..]));
    answers.extend(of_other);

    let stored = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!((1..=30).contains(&stored), "{stored} of 60 were stored");
    assert_eq!(conflicts(&answers), 60 - stored);
    assert_answers_hold(&one, &appends, &answers).await;
}

#[tokio::test]
async fn one_of_two_waiting_appends_for_one_version_wins() {
    let store = store().await;
    for neighbours in [0, 40] {
        let contested = order(format!("contested{neighbours}"));
        let mut appends: Vec<_> = (0..neighbours)
            .map(|n| append_of(vec![write(&order(format!("n{n}")), 0, 1)]))
            .collect();
        appends.push(append_of(vec![write(&contested, 0, 1)]));
        appends.push(append_of(vec![write(&contested, 0, 2)]));

        let answers = append_all(&store, &appends).await;

        assert_eq!(conflicts(&answers), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), neighbours + 1);
        assert_answers_hold(&store, &appends, &answers).await;
    }
}

#[tokio::test]
async fn a_waiting_append_outlives_the_failure_of_the_one_before_it() {
    let store = store().await;
    let (taken, free) = (order("taken"), order("free"));
    add(&store, vec![write(&taken, 0, 1)]).await.unwrap();
    // The second waits for the first, which conflicts. The second must then be stored.
    let appends = [
        append_of(vec![write(&taken, 0, 1), write(&free, 0, 1)]),
        append_of(vec![write(&free, 0, 1)]),
    ];

    let answers = append_all(&store, &appends).await;

    assert_eq!(answers[0], Err(AppendError::Conflict));
    assert!(answers[1].is_ok(), "{answers:?}");
    assert_eq!(versions(&load(&store, &free).await), [1]);
}

#[tokio::test]
async fn an_append_that_does_not_fit_into_the_queue_is_rejected() {
    let mut place = Place::shared().await;
    place.options.queue_appends = 2;
    let store = place.store().await;
    add(&store, vec![write(&order("first"), 0, 1)]).await.unwrap();
    let appends = of_mixed_size(30);

    let answers = append_all(&store, &appends).await;

    let overloaded = answers.iter().filter(|a| **a == Err(AppendError::Overloaded)).count();
    assert_eq!(overloaded, 28, "{answers:?}");
    assert_answers_hold(&store, &appends, &answers).await;
    // The queue accepts commands again.
    add(&store, vec![write(&order("later"), 0, 1)]).await.unwrap();
}

#[tokio::test]
async fn an_append_whose_caller_has_gone_is_not_stored_and_affects_no_other() {
    let store = store().await;
    add(&store, vec![write(&order("first"), 0, 1)]).await.unwrap();
    for round in 0..10 {
        let mut appending = Box::pin(add(&store, vec![write(&order(format!("gone{round}")), 0, 1)]));
        // The first poll puts it into the queue.
        assert_eq!((&mut appending).now_or_never(), None);
        drop(appending);
        // A later append in the queue is answered after it.
        add(&store, vec![write(&order(format!("n{round}")), 0, 1)])
            .await
            .unwrap();
        assert_eq!(load(&store, &order(format!("gone{round}"))).await, []);
    }
    assert_eq!(store.status(&ORDERS).await.unwrap().last_position, 11);
}
