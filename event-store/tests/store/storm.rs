//! A storm: many writers contend for few aggregates and for slots that must not overlap. Their connections are cut at
//! random and, where streams are replicated, leaders step down and die. Every answer must hold when it is over.
#![allow(clippy::print_stdout, reason = "the test prints figures")]

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use embedded::testing::eventually;
use event_store::{Append, AppendError, Appended, Decided, EventStore, RecordedEvent, View, Write};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    ORDERS, Place, SOON, append_of, assert_answers_hold, everything, metadata,
    models::{Slot, booked, is_taken},
    order,
    proxy::Proxy,
    servers::OwnServers,
    weather::{Random, Weather},
    write as write_of,
};

const WRITERS: u64 = 64;
const AGGREGATES: u64 = 20;
const SLOTS: u64 = 5_000;
/// The writers share this many stores, which act as separate processes.
const STORES: u64 = 4;
/// How many chunks a connection carries before it is cut, on average.
const CALM: u64 = 60;
/// The number of acknowledged appends between two disturbances of the servers, if there are several.
const STEP: u64 = 250;
/// The number of acknowledged appends after which the writers turn to new aggregates, which are short and quick to
/// load.
const GENERATION: u64 = 2_000;

/// A number from the environment, to run a longer storm or to repeat one.
fn asked(variable: &str) -> Option<u64> {
    #[allow(
        clippy::disallowed_methods,
        reason = "the only way to ask a test for more than it does by itself"
    )]
    let asked = std::env::var(variable).ok()?;
    Some(asked.parse().expect("a number"))
}

/// The progress of the writers.
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

/// The id of an event that books a slot, and the answer.
type Booking = (Uuid, Result<Decided<(), Taken>, AppendError>);

/// The requests and their answers.
#[derive(Default)]
struct Answered {
    appends: Vec<(Append, Result<Appended, AppendError>)>,
    bookings: Vec<Booking>,
}

/// Why a slot was not booked.
#[derive(Debug)]
struct Taken;

/// Books one of so few slots that conflicts are soon frequent, with an event of a new aggregate.
async fn book(store: &EventStore, random: &mut Random) -> Booking {
    let from = random.below(SLOTS) as u32;
    let slot = Slot {
        from,
        to: from + 1 + random.below(3) as u32,
    };
    let event = booked(slot);
    let id = event.id;
    let aggregate = order(format!("slot-{id}"));
    let decide = move |view: &mut View<'_>| {
        if is_taken(view, slot)? {
            return Ok(Err(Taken));
        }
        view.append(&aggregate, ().into(), vec![event.clone()], &metadata())?;
        Ok(Ok(()))
    };
    (id, store.decide(&ORDERS, decide).await)
}

/// Asserts that the answers to bookings hold: each booked slot belongs to exactly one booking.
async fn assert_bookings_hold(store: &EventStore, bookings: &[Booking]) {
    let events = everything(store).await;
    let booked = events.iter().filter(|event| event.event_type == "slot.booked");
    let mut places: HashMap<Uuid, Vec<u64>> = HashMap::new();
    let mut slots = Vec::new();
    for event in booked {
        places.entry(event.id).or_default().push(event.position);
        slots.push(serde_json::from_slice::<Slot>(&event.data).unwrap());
    }
    for (id, answer) in bookings {
        let found = places.get(id).map_or(&[][..], |at| at);
        let held = match answer {
            Ok(Decided {
                outcome: Ok(()),
                position,
            }) => found == [*position],
            Err(AppendError::OutcomeUnknown) => found.len() <= 1,
            Ok(_) | Err(_) => found.is_empty(),
        };
        assert!(held, "the answer was {answer:?}, its event stands at {found:?}");
    }
    slots.sort_unstable_by_key(|slot| slot.from);
    for pair in slots.windows(2) {
        assert!(pair[0].to <= pair[1].from, "{pair:?} overlap");
    }
}

/// Loads, decides and appends in a loop.
async fn write(store: EventStore, mut random: Random, tally: Arc<Tally>) -> Answered {
    let mut answered = Answered::default();
    while !tally.enough.load(Ordering::Relaxed) {
        if random.below(4) == 0 {
            answered.bookings.push(book(&store, &mut random).await);
            continue;
        }
        // Every eighth append writes to two aggregates.
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
        answered.appends.push((append, answer));
    }
    answered
}

/// Counts an aggregate's events.
fn count(state: &mut u64, _: &RecordedEvent, _: &[u8]) -> Result<(), String> {
    *state += 1;
    Ok(())
}

/// Loads aggregates and decides on one to three events for each, if they can be loaded.
async fn decide(store: &EventStore, numbers: &[u64], random: &mut Random, tally: &Tally) -> Option<Vec<Write>> {
    let generation = tally.acknowledged() / GENERATION;
    let mut writes = Vec::new();
    for number in numbers {
        let aggregate = order(format!("g{generation}n{number}"));
        match store.load_state(&aggregate, &count).await {
            Ok(loaded) => {
                assert_eq!(*loaded.state(), loaded.version());
                writes.push(write_of(&aggregate, loaded.version(), 1 + random.below(3) as usize));
            }
            // The line is down, so the next attempt waits a little.
            Err(_) => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                return None;
            }
        }
    }
    Some(writes)
}

/// Disturbs a cluster until the target of acknowledged appends is reached. Returns how often the leader was changed.
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
async fn every_answer_of_a_storm_holds_when_it_is_over() {
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
    let (mut appended, mut bookings) = (Vec::new(), Vec::new());
    for answered in writers.join_all().await {
        appended.extend(answered.appends);
        bookings.extend(answered.bookings);
    }
    let (appends, answers): (Vec<_>, Vec<_>) = appended.into_iter().unzip();

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
    assert_bookings_hold(&calm, &bookings).await;
    assert!(
        bookings
            .iter()
            .any(|(_, answer)| matches!(answer, Ok(Decided { outcome: Ok(()), .. })))
    );
    let verified = calm.verify(&ORDERS, |_, _| {}).await.unwrap();
    println!(
        "{} events of {} aggregates in {} commits are in the stream",
        verified.events, verified.aggregates, verified.commits
    );
    servers.stop().await;
}
