//! A storm: many writers contend for few aggregates while their connections are cut at random and, where streams are
//! replicated, leaders step down and die. What was answered must hold when it is over.
#![allow(clippy::print_stdout, reason = "the figures are for whoever runs the test")]

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use embedded::testing::eventually;
use event_store::{Append, AppendError, Appended, EventStore, Write};
use tokio::task::JoinSet;

use crate::support::{
    ORDERS, Place, SOON, append_of, assert_answers_hold, following, order,
    proxy::Proxy,
    servers::OwnServers,
    weather::{Random, Weather},
};

const WRITERS: u64 = 64;
const AGGREGATES: u64 = 20;
/// The writers share so many stores, as they would in as many processes.
const STORES: u64 = 4;
/// How many pieces a connection carries before it is cut, on average.
const CALM: u64 = 400;
/// After so many acknowledged appends something happens to the servers, if there are several.
const STEP: u64 = 250;
/// After so many acknowledged appends the writers turn to other aggregates, which are short and quick to load.
const GENERATION: u64 = 2_000;

/// A number from the environment, for whoever runs a longer storm or the same storm again.
fn asked(variable: &str) -> Option<u64> {
    #[allow(
        clippy::disallowed_methods,
        reason = "the only way to ask a test for more than it does by itself"
    )]
    let asked = std::env::var(variable).ok()?;
    Some(asked.parse().expect("a number"))
}

/// What the writers have come to so far.
#[derive(Default)]
struct Tally {
    acknowledged: AtomicU64,
    enough: AtomicBool,
}

impl Tally {
    fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    async fn reaches(&self, acknowledged: u64) {
        eventually("the writers get on", SOON, async || self.acknowledged() >= acknowledged).await;
    }
}

type Answered = Vec<(Append, Result<Appended, AppendError>)>;

/// Loads, decides and appends, again and again.
async fn write(store: EventStore, mut random: Random, tally: Arc<Tally>) -> Answered {
    let mut answered = Vec::new();
    while !tally.enough.load(Ordering::Relaxed) {
        // Every eighth append is to two aggregates.
        let number = random.below(AGGREGATES);
        let other = (number + 1 + random.below(AGGREGATES - 1)) % AGGREGATES;
        let both = [number, other];
        let touched = if random.below(8) == 0 { &both[..] } else { &both[..1] };
        let Some(writes) = decide(&store, touched, &mut random, &tally).await else {
            continue;
        };
        let append = append_of(writes);
        let answer = store.append(append.clone()).await;
        if answer.is_ok() {
            tally.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        answered.push((append, answer));
    }
    answered
}

/// Loads aggregates and decides on one to three events for each, if they can be loaded.
async fn decide(store: &EventStore, numbers: &[u64], random: &mut Random, tally: &Tally) -> Option<Vec<Write>> {
    let generation = tally.acknowledged() / GENERATION;
    let mut writes = Vec::new();
    for number in numbers {
        let aggregate = order(format!("g{generation}n{number}"));
        match store.load(&aggregate).await {
            Ok(loaded) => writes.push(following(&aggregate, &loaded, 1 + random.below(3) as usize)),
            // The line is down. It is not asked again and again while it is.
            Err(_) => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                return None;
            }
        }
    }
    Some(writes)
}

/// Lets things happen to a cluster until so many appends are acknowledged. Answers how often a leader was changed.
async fn harass(servers: &OwnServers, place: &Place, tally: &Tally, target: u64) -> usize {
    let OwnServers::Cluster(cluster) = servers else {
        for step in 1..=target / STEP {
            tally.reaches(step * STEP).await;
        }
        return 0;
    };
    let mut changes = 0;
    let mut killed = None;
    for step in 1..=target / STEP {
        tally.reaches(step * STEP).await;
        changes += 1;
        match (step % 4, killed) {
            (1, None) => {
                let leader = cluster.leader_of(&place.stream_name()).await;
                cluster.kill_node(leader).await;
                killed = Some(leader);
            }
            (3, Some(node)) => {
                cluster.start_node(node).await;
                killed = None;
                cluster.step_down(&place.stream_name()).await;
            }
            _ => cluster.step_down(&place.stream_name()).await,
        }
    }
    if let Some(node) = killed {
        cluster.start_node(node).await;
    }
    changes
}

#[tokio::test]
async fn what_was_answered_in_a_storm_holds_when_it_is_over() {
    let target = asked("EVENT_STORE_STORM_APPENDS")
        .unwrap_or(2_000)
        .next_multiple_of(STEP);
    let seed = asked("EVENT_STORE_STORM_SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
    println!("EVENT_STORE_STORM_SEED={seed} EVENT_STORE_STORM_APPENDS={target}");
    let mut random = Random::new(seed);
    let servers = OwnServers::start().await;
    let place = Place::at(servers.nats_url()).impatient();
    let calm = place.store().await;
    let weather = Weather::new(random.next(), CALM);
    let tally = Arc::new(Tally::default());
    let begun = Instant::now();
    let mut writers = JoinSet::new();
    for _ in 0..STORES {
        let proxy = Proxy::in_weather(&place.options.url, weather.clone()).await;
        let store = place.through(proxy.url()).store().await;
        for _ in 0..WRITERS / STORES {
            writers.spawn(write(store.clone(), Random::new(random.next()), tally.clone()));
        }
    }

    let changes = harass(&servers, &place, &tally, target).await;
    weather.is_over();
    tally.enough.store(true, Ordering::Relaxed);
    let (appends, answers): (Vec<_>, Vec<_>) = writers.join_all().await.into_iter().flatten().unzip();

    let count = |wanted: fn(&Result<Appended, AppendError>) -> bool| answers.iter().filter(|a| wanted(a)).count();
    println!(
        "{:?}: {} acknowledged, {} conflicts, {} unknown, {} unavailable, {} other; {} cuts, {changes} leader changes",
        begun.elapsed(),
        count(Result::is_ok),
        count(|a| *a == Err(AppendError::Conflict)),
        count(|a| *a == Err(AppendError::OutcomeUnknown)),
        count(|a| matches!(a, Err(AppendError::Unavailable(_)))),
        count(|a| matches!(
            a,
            Err(AppendError::Overloaded | AppendError::Refused(_) | AppendError::Damaged(_))
        )),
        weather.cuts(),
    );
    assert!(weather.cuts() > target / 100, "it was a storm");
    let never = |a: &Result<Appended, AppendError>| matches!(a, Err(AppendError::Refused(_) | AppendError::Damaged(_)));
    assert_eq!(count(never), 0);
    assert_answers_hold(&calm, &appends, &answers).await;
    let verified = calm.verify(&ORDERS, |_, _| {}).await.unwrap();
    println!(
        "{} events of {} aggregates in {} commits are in the stream",
        verified.events, verified.aggregates, verified.commits
    );
    servers.stop().await;
}
