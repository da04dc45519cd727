//! Deciding: each decision sees all earlier decisions, stored or not, and every answer is based on the current
//! stream.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

use embedded::testing::eventually;
use event_store::{
    AggregateId, AppendError, Decided, EventStore, Head, NewEvent, Receipt, RecordedEvent, Undecided, UsedKey, View,
};
use futures_util::future::join_all;

use crate::support::{
    self, Foreign, INVOICES, ORDERS, Place, SOON, add, append_of, assert_whole, caught_up, commits, count, everything,
    fill, fill_packed, load, metadata,
    models::{COUNTS, SLOTS, Slot, booked, cancelled, count_of, is_taken},
    new_event, order,
    proxy::{Line, Proxy},
    write,
};

/// Why a booking was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Taken;

const fn slot(from: u32, to: u32) -> Slot {
    Slot { from, to }
}

/// Books a slot for its own aggregate, if no booking overlaps.
async fn book(store: &EventStore, id: &str, slot: Slot) -> Result<Decided<Head, Taken>, AppendError> {
    let (id, event) = (order(id), booked(slot));
    let decide = move |view: &mut View<'_>| match is_taken(view, slot)? {
        true => Ok(Err(Taken)),
        false => Ok(Ok(decided(view, &id, vec![event.clone()])?)),
    };
    store.decide(&ORDERS, decide).await
}

fn decided(view: &mut View<'_>, id: &AggregateId, events: Vec<NewEvent>) -> Result<Head, Undecided> {
    view.append(id, Arc::new(()), events, &metadata())
}

/// All bookings, as a decision sees them.
fn slots(view: &View<'_>) -> Result<Vec<(u32, u32)>, Undecided> {
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let found = view.model_range(SLOTS, &[], &[0xff; 5])?;
    Ok(found.iter().map(|(from, to)| (number(from), number(to))).collect())
}

async fn slots_of(store: &EventStore) -> Vec<(u32, u32)> {
    let seen = store.decide(&ORDERS, |view| Ok(Ok::<_, ()>(slots(view)?))).await;
    seen.unwrap().outcome.unwrap()
}

async fn head(store: &EventStore, id: &AggregateId) -> Result<Decided<(), Head>, AppendError> {
    let id = id.clone();
    store.decide(&ORDERS, move |view| Ok(Err(view.head(&id)?))).await
}

/// A store behind a proxy that can go dead, and one with a direct connection.
async fn behind_a_line() -> (Proxy, EventStore, EventStore) {
    let place = Place::shared().await;
    let proxy = Proxy::before(&place.options.url).await;
    let store = place.through(proxy.url()).store().await;
    caught_up(&store).await;
    (proxy, store, place.store().await)
}

#[tokio::test]
async fn one_of_many_concurrent_overlapping_bookings_succeeds() {
    let place = Place::shared().await;
    let (one, other) = (place.store().await, place.store().await);
    for round in 0..5 {
        let wanted = (0..60_u32).map(|n| {
            let store = if n % 2 == 0 { &one } else { &other };
            // All of them overlap.
            let slot = slot(1_000 * round + n, 1_000 * round + 100 + n);
            async move { book(store, &format!("r{round}n{n}"), slot).await }
        });
        let answers = join_all(wanted).await;
        let won = answers.iter().filter(|answer| answer.as_ref().unwrap().outcome.is_ok());
        assert_eq!(won.count(), 1, "{answers:?}");
    }
    assert_eq!(count(&one).await, 5);
    assert_whole(&one).await;
}

#[tokio::test]
async fn a_decision_sees_what_was_decided_before_it_and_is_not_stored_yet() {
    let store = support::store().await;
    let counted = (0..200).map(|n| {
        let (id, event) = (order(format!("n{n}")), new_event());
        store.decide(&ORDERS, move |view| {
            let before = count_of(view, "order.placed")?;
            decided(view, &id, vec![event.clone()])?;
            // It also sees its own events.
            assert_eq!(count_of(view, "order.placed")?, before + 1);
            assert_eq!(view.head(&id)?.version, 1);
            Ok(Ok::<u64, ()>(before))
        })
    });
    let mut seen: Vec<u64> = join_all(counted)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().outcome.unwrap())
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..200).collect::<Vec<_>>());
    assert!(
        commits(&store).await.len() < 50,
        "they were decided before the others were stored"
    );
}

/// Layers: folded entries, the commit in flight, packed decisions, and the decision's own changes. Each lies over the
/// one before.
#[tokio::test]
async fn a_model_is_read_through_all_layers() {
    let (proxy, store, witness) = behind_a_line().await;
    for (id, slot) in [("a", slot(0, 10)), ("b", slot(20, 30))] {
        book(&store, id, slot).await.unwrap().outcome.unwrap();
    }
    proxy.set(Line::RequestsLost);
    let change = |id: &str, events: Vec<NewEvent>, then: Arc<AtomicBool>| {
        let id = order(id);
        store.decide(&ORDERS, move |view: &mut View<'_>| {
            decided(view, &id, events.clone())?;
            then.store(true, Ordering::Relaxed);
            Ok(Ok::<(), ()>(()))
        })
    };
    let (is_sent, waits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let first = change("c", vec![cancelled(slot(0, 10)), booked(slot(40, 50))], is_sent.clone());
    let second = async {
        proxy.loses_something().await;
        change("d", vec![booked(slot(0, 5)), cancelled(slot(20, 30))], waits.clone()).await
    };
    let third = async {
        eventually("the second has been decided", SOON, async || {
            waits.load(Ordering::Relaxed)
        })
        .await;
        let id = order("e");
        let seen = store.decide(&ORDERS, move |view| {
            let before = slots(view)?;
            decided(view, &id, vec![booked(slot(60, 70)), cancelled(slot(40, 50))])?;
            assert_eq!(view.model_entry(SLOTS, &40_u32.to_be_bytes())?, None);
            let some = view.model_range(SLOTS, &1_u32.to_be_bytes(), &60_u32.to_be_bytes())?;
            assert_eq!(some, []);
            assert_eq!(count_of(view, "slot.cancelled")?, 3);
            assert_eq!(view.model_entry(COUNTS, b"order.placed")?, None);
            Ok(Ok::<_, ()>((before, slots(view)?)))
        });
        let (seen, ()) = tokio::join!(seen, async {
            tokio::task::yield_now().await;
            proxy.reconnect();
        });
        seen.unwrap().outcome.unwrap()
    };
    let (first, second, (before, after)) = tokio::join!(first, second, third);
    first.unwrap();
    second.unwrap();
    assert_eq!(before, [(0, 5), (40, 50)]);
    assert_eq!(after, [(0, 5), (60, 70)]);
    // Folding the log gives the same result.
    assert_eq!(slots_of(&store).await, after);
    assert_eq!(slots_of(&witness).await, after);
    assert_whole(&witness).await;
}

#[tokio::test]
async fn a_refusal_based_on_a_commit_that_is_refused_is_decided_again() {
    let (proxy, store, witness) = behind_a_line().await;
    proxy.set(Line::RequestsLost);
    // Books, unless an order has been placed.
    let first = store.decide(&ORDERS, |view| {
        if count_of(view, "order.placed")? > 0 {
            return Ok(Err(Taken));
        }
        Ok(Ok(decided(view, &order("a"), vec![booked(slot(0, 10))])?))
    });
    let refusals = Arc::new(AtomicUsize::new(0));
    let second = async {
        proxy.loses_something().await;
        let (refusals, event) = (refusals.clone(), booked(slot(5, 15)));
        let decide = move |view: &mut View<'_>| match is_taken(view, slot(5, 15))? {
            true => {
                refusals.fetch_add(1, Ordering::Relaxed);
                Ok(Err(Taken))
            }
            false => Ok(Ok(decided(view, &order("b"), vec![event.clone()])?)),
        };
        store.decide(&ORDERS, decide).await
    };
    let overtake = async {
        eventually("the second has been refused", SOON, async || {
            refusals.load(Ordering::Relaxed) > 0
        })
        .await;
        add(&witness, vec![write(&order("c"), 0, 1)]).await.unwrap();
        proxy.reconnect();
    };

    let (first, second, ()) = tokio::join!(first, second, overtake);

    assert_eq!(first.unwrap().outcome, Err(Taken));
    assert!(second.unwrap().outcome.is_ok());
    assert_eq!(slots_of(&witness).await, [(5, 15)]);
}

#[tokio::test]
async fn a_refusal_has_seen_every_append_acknowledged_before_it() {
    let place = Place::shared().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    let id = order("a");
    let mut leader = place.leader().await;
    for version in 0..50 {
        let (writer, reader) = match version % 2 {
            0 => (&here, &elsewhere),
            _ => (&elsewhere, &here),
        };
        let appended = add(writer, vec![write(&id, version, 1)]).await.unwrap();
        let seen = head(reader, &id).await.unwrap();
        if seen.position != appended.position {
            // A newly elected leader may not show everything that it has.
            let before = std::mem::replace(&mut leader, place.leader().await);
            assert_ne!(leader, before, "{seen:?} was seen after {appended:?}");
            continue;
        }
        assert_eq!(seen.outcome, Err(appended.heads[0]));
    }
}

#[tokio::test]
async fn a_decision_without_events_stores_nothing_and_returns_the_position_it_has_seen() {
    let store = support::store().await;
    fill(&store, &order("a"), 3).await;
    for _ in 0..3 {
        let nothing = store.decide(&ORDERS, |_| Ok(Ok::<_, ()>("nothing to do"))).await;
        let expected = Decided {
            outcome: Ok("nothing to do"),
            position: 3,
        };
        assert_eq!(nothing, Ok(expected));
    }
    assert_eq!(store.status(&ORDERS).await.unwrap().last_position, 3);
}

#[tokio::test]
async fn changes_made_before_a_refusal_are_neither_stored_nor_visible() {
    let store = support::store().await;
    let decisions = (0..40).map(|n| {
        let id = order(format!("n{n}"));
        store.decide(&ORDERS, move |view| {
            let before = count_of(view, "order.placed")?;
            decided(view, &id, vec![new_event()])?;
            view.use_key(receipt(&id.to_string()));
            Ok(if n % 2 == 0 { Ok(before) } else { Err(before) })
        })
    });
    let answers = join_all(decisions).await;
    let stored = answers.iter().filter(|answer| answer.as_ref().unwrap().outcome.is_ok());
    assert_eq!(stored.count(), 20);
    let most = answers
        .iter()
        .map(|answer| answer.as_ref().unwrap().outcome.unwrap_or_else(|seen| seen));
    assert!(most.max() <= Some(20));
    assert_eq!(count(&store).await, 20);
    assert_eq!(used_key(&store, "order/n1").await, None);
    assert!(used_key(&store, "order/n2").await.is_some());
}

fn receipt(key: &str) -> Receipt {
    Receipt {
        key: key.to_owned(),
        fingerprint: format!("print of {key}"),
        outcome: "\"quoted\",\n broken, \0 and übergroß".to_owned(),
    }
}

async fn used_key(store: &EventStore, key: &str) -> Option<UsedKey> {
    let key = key.to_owned();
    let seen = store.decide(&ORDERS, move |view| Ok(Ok::<_, ()>(view.used_key(&key)?)));
    seen.await.unwrap().outcome.unwrap()
}

#[tokio::test]
async fn a_key_is_used_once_across_concurrent_commands_and_processes() {
    let place = Place::shared().await;
    let stores = [place.store().await, place.store().await];
    let uses = (0..40).map(|n| {
        let (id, event) = (order(format!("n{n}")), new_event());
        stores[n % 2].decide(&ORDERS, move |view| {
            if let Some(used) = view.used_key("key")? {
                return Ok(Err(used));
            }
            view.use_key(receipt("key"));
            Ok(Ok(decided(view, &id, vec![event.clone()])?))
        })
    });
    let answers: Vec<_> = join_all(uses).await.into_iter().map(Result::unwrap).collect();
    let won: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.outcome.as_ref().ok())
        .collect();
    assert_eq!(won.len(), 1);
    let expected = UsedKey {
        receipt: receipt("key"),
        position: won[0].position,
    };
    for answer in answers.iter().filter_map(|answer| answer.outcome.as_ref().err()) {
        assert_eq!(*answer, expected);
    }
    let stored = commits(&stores[0]).await;
    assert_eq!(stored[0].receipts, [receipt("key")]);
    // As after a restart: the key is folded from the log.
    assert_eq!(used_key(&place.store().await, "key").await, Some(expected));
    assert_whole(&stores[0]).await;
}

#[tokio::test]
async fn a_key_can_be_used_without_events() {
    let place = Place::shared().await;
    let store = place.store().await;
    let used = store.decide(&ORDERS, |view| {
        view.use_key(receipt("nothing"));
        Ok(Ok::<(), ()>(()))
    });
    assert_eq!(used.await.unwrap().position, 1);
    assert_eq!(count(&store).await, 0);
    assert_eq!(used_key(&place.store().await, "nothing").await.unwrap().position, 1);
    assert_whole(&store).await;
}

#[tokio::test]
async fn receipts_count_towards_the_size_of_a_commit() {
    let store = support::store().await;
    let uses = (0..300).map(|n| {
        let receipt = Receipt {
            outcome: "\"".repeat(5_000),
            ..receipt(&format!("k{n}"))
        };
        store.decide(&ORDERS, move |view| {
            view.use_key(receipt.clone());
            Ok(Ok::<(), ()>(()))
        })
    });
    for answer in join_all(uses).await {
        answer.unwrap();
    }
    assert!(used_key(&store, "k299").await.is_some());
    let too_large = store.decide(&ORDERS, |view| {
        view.use_key(Receipt {
            outcome: "x".repeat(2_000_000),
            ..receipt("large")
        });
        Ok(Ok::<(), ()>(()))
    });
    let refused = too_large.await;
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    assert_whole(&store).await;
}

#[tokio::test]
async fn a_decision_that_panics_affects_no_other_decision() {
    let store = support::store().await;
    let calm = async |n: usize| add(&store, vec![write(&order(format!("n{n}")), 0, 1)]).await;
    let wild = store.decide::<(), (), _>(&ORDERS, |_| panic!("it was wrong"));
    let (before, refused, behind) = tokio::join!(calm(1), wild, calm(2));
    before.unwrap();
    behind.unwrap();
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    calm(3).await.unwrap();
    assert_eq!(store.decides(&ORDERS), Ok(()));
}

/// Counts the events of an invoice.
fn count_events(state: &mut u64, _: &RecordedEvent, _: &[u8]) -> Result<(), String> {
    *state += 1;
    Ok(())
}

fn invoice() -> AggregateId {
    AggregateId::new(&INVOICES, "invoice", "a").unwrap()
}

/// Reads an aggregate of another stream.
async fn look_across(store: &EventStore) -> Result<u64, AppendError> {
    let seen = store.decide(&ORDERS, |view| {
        Ok(Ok::<u64, ()>(*view.state(&invoice(), &count_events)?.state()))
    });
    Ok(seen.await?.outcome.unwrap())
}

async fn draw_invoice(store: &EventStore, version: u64) {
    let append = event_store::Append {
        stream: &INVOICES,
        ..append_of(vec![write(&invoice(), version, 1)])
    };
    store.append(append).await.unwrap();
}

#[tokio::test]
async fn a_decision_can_read_an_aggregate_of_another_stream() {
    let place = Place::shared().await;
    let (here, elsewhere) = (place.store().await, place.store().await);
    assert_eq!(look_across(&here).await, Ok(0));
    for version in 0..3 {
        draw_invoice(&elsewhere, version).await;
        eventually("writes of another process are visible here", SOON, async || {
            look_across(&here).await == Ok(version + 1)
        })
        .await;
    }
    let alone = EventStore::connect(place.options.clone(), &[&ORDERS]).await.unwrap();
    let refused = look_across(&alone).await;
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
}

/// A stream that has been silent for too long may have advanced.
#[tokio::test]
async fn a_stalled_stream_is_not_read_and_its_own_store_reports_the_stall() {
    let place = Place::shared().await;
    let store = place.store().await;
    draw_invoice(&store, 0).await;
    assert_eq!(look_across(&store).await, Ok(1));
    assert_eq!(store.decides(&INVOICES), Ok(()));
    let name = format!("{}_{}", place.options.namespace, INVOICES.name);
    place.jetstream().await.delete_stream(name).await.unwrap();

    eventually("the store notices", SOON, async || store.decides(&INVOICES).is_err()).await;

    let refused = look_across(&store).await;
    let Err(AppendError::Unavailable(reason)) = refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains("INVOICES"), "{reason}");
    // Other stores are unaffected.
    assert_eq!(store.decides(&ORDERS), Ok(()));
    add(&store, vec![write(&order("a"), 0, 1)]).await.unwrap();
}

#[tokio::test]
async fn commands_are_answered_during_silence_and_the_store_reports_the_stall() {
    let (proxy, store, witness) = behind_a_line().await;
    add(&store, vec![write(&order("a"), 0, 1)]).await.unwrap();
    proxy.set(Line::AnswersLost);
    add(&witness, vec![write(&order("a"), 1, 1)]).await.unwrap();

    let commands = async {
        // The last known state may be outdated, so it must not be returned.
        let refusals = (0..20).map(|_| async { head(&store, &order("a")).await });
        for answer in join_all(refusals).await {
            assert!(matches!(answer, Err(AppendError::Unavailable(_))), "{answer:?}");
        }
        let append = add(&store, vec![write(&order("a"), 1, 1)]).await;
        assert!(
            matches!(append, Err(AppendError::Unavailable(_) | AppendError::OutcomeUnknown)),
            "{append:?}"
        );
    };
    tokio::time::timeout(SOON, commands).await.expect("they are answered");
    eventually("the store says that it has stalled", SOON, async || {
        store
            .decides(&ORDERS)
            .is_err_and(|reason| reason.contains("ORDERS has stalled"))
    })
    .await;

    proxy.reconnect();
    eventually("it has not any more", SOON, async || store.decides(&ORDERS).is_ok()).await;
    let seen = head(&store, &order("a")).await.unwrap();
    assert_eq!(seen.outcome.unwrap_err().version, 2);
}

/// The server keeps a consumer but delivers nothing to it.
#[tokio::test]
async fn a_follower_that_receives_nothing_is_replaced_and_no_decision_uses_an_old_state() {
    let place = Place::shared().await;
    let (store, other) = (place.store().await, place.store().await);
    for round in 0..2 {
        caught_up(&store).await;
        let stream = place.stream_name();
        let client = place.jetstream().await.client();
        let pause = r#"{"pause_until":"2200-01-01T00:00:00Z"}"#;
        for name in consumers(&place).await {
            let subject = format!("$JS.API.CONSUMER.PAUSE.{stream}.{name}");
            client.request(subject, pause.into()).await.unwrap();
        }
        drop(other.clone());
        let appended = add(&other, vec![write(&order("a"), round, 1)]).await;
        let seen = head(&store, &order("a")).await.unwrap();
        assert_eq!(seen.outcome.unwrap_err().version, appended.unwrap().heads[0].version);
    }
}

async fn consumers(place: &Place) -> Vec<String> {
    use futures_util::StreamExt as _;
    let stream = place.jetstream().await.get_stream(place.stream_name()).await.unwrap();
    stream.consumer_names().map(Result::unwrap).collect().await
}

#[tokio::test]
async fn a_message_that_is_not_a_commit_stops_decisions_with_a_clear_reason() {
    type Kind = fn(event_store::CommitHash) -> Foreign;
    let kinds: [(Kind, &str); 5] = [
        (|_| Foreign::WithoutHeaders, "no headers"),
        (|_| Foreign::WithoutBody, "not a batch of events"),
        (
            Foreign::OfAnotherType,
            "header Content-Type is not application/cloudevents-batch+json",
        ),
        (Foreign::Empty, "neither events nor receipts"),
        (
            |_| Foreign::Forged(event_store::CommitHash::GENESIS),
            "does not carry the hash of the commit before it",
        ),
    ];
    for (kind, words) in kinds {
        let place = Place::shared().await;
        let store = place.store().await;
        fill(&store, &order("a"), 2).await;
        let last = commits(&store).await[1].hash();
        let sequence = place.publish_foreign(kind(last)).await;

        eventually("the store notices", SOON, async || store.decides(&ORDERS).is_err()).await;

        let told = store.decides(&ORDERS).unwrap_err();
        assert!(
            told.contains(&format!("sequence {sequence}")) && told.contains(words),
            "{told}"
        );
        let refused = add(&store, vec![write(&order("b"), 0, 1)]).await;
        assert_eq!(refused, Err(AppendError::Unavailable(told.clone())));
        let refused = head(&store, &order("a")).await;
        assert_eq!(refused, Err(AppendError::Unavailable(told)));
        assert_eq!(store.status(&ORDERS).await.unwrap().last_position, sequence);
        // Other streams continue.
        draw_invoice(&store, 0).await;
    }
}

#[tokio::test]
async fn a_stream_that_has_become_shorter_takes_no_decisions() {
    let place = Place::shared().await;
    let store = place.store().await;
    fill(&store, &order("a"), 5).await;
    let backup = commits(&store).await;
    place
        .jetstream()
        .await
        .delete_stream(place.stream_name())
        .await
        .unwrap();
    let again = place.store().await;
    let mut restoration = again.restore(&ORDERS).await.unwrap();
    restoration.take(backup[..3].to_vec()).await.unwrap();

    eventually("the store notices", SOON, async || {
        let refused = head(&store, &order("a")).await;
        assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
        store.decides(&ORDERS).is_err()
    })
    .await;

    let told = store.decides(&ORDERS).unwrap_err();
    assert!(told.contains("ends at sequence 3"), "{told}");
    assert_eq!(count(&again).await, 3, "nothing was added");
    // A new store continues from what is there.
    add(&again, vec![write(&order("a"), 3, 1)]).await.unwrap();
}

#[tokio::test]
async fn a_cold_start_reports_its_progress() {
    let place = Place::shared().await;
    fill_packed(&place.store().await, &order("a"), 5_000).await;
    let store = place.store().await;
    let mut told = Vec::new();

    store
        .catch_up(&ORDERS, |position, end| told.push((position, end)))
        .await
        .unwrap();

    assert_eq!((told.first(), told.last()), (Some(&(0, 10)), Some(&(10, 10))));
    assert!(told.is_sorted() && told.len() > 2, "{told:?}");
    assert_eq!(store.decides(&ORDERS), Ok(()));
}

/// An index that cannot be folded to the end is never ready, and reports its progress.
#[tokio::test]
async fn an_unfinished_start_decides_nothing_and_reports_why() {
    let place = Place::shared().await;
    let (count, stream) = (20, place.stream_name());
    fill(&place.store().await, &order("a"), count).await;
    let proxy = Proxy::before(&place.options.url).await;
    let store = place.through(proxy.url()).impatient().store().await;
    assert_eq!(store.decides(&ORDERS), Ok(()), "no command has needed it yet");
    proxy.set(Line::AnswersLost);
    store.warm_up();

    let refused = head(&store, &order("a")).await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
    eventually("it says so", SOON, async || {
        store
            .decides(&ORDERS)
            .is_err_and(|told| told.contains("is being opened"))
    })
    .await;

    proxy.reconnect();
    eventually("it is ready", SOON, async || {
        head(&store, &order("a")).await.is_ok_and(|seen| seen.position == count)
    })
    .await;
    assert_eq!(store.decides(&ORDERS), Ok(()));
    drop(stream);
}

#[tokio::test]
async fn a_store_that_is_dropped_ends_its_tasks() {
    let place = Place::shared().await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for _ in 0..3 {
        let store = place.store().await;
        add(&store, vec![write(&order(new_event().id.to_string()), 0, 1)])
            .await
            .unwrap();
        let clone = store.clone();
        drop(store);
        load(&clone, &order("a")).await;
        assert!(tasks() > before);
        drop(clone);
        eventually("its tasks have ended", SOON, async || tasks() <= before).await;
    }
}

#[tokio::test]
async fn a_store_that_is_closed_decides_nothing_more() {
    let store = support::store().await;
    add(&store, vec![write(&order("a"), 0, 1)]).await.unwrap();
    store.clone().close().await;
    let refused = add(&store, vec![write(&order("a"), 1, 1)]).await;
    let Err(AppendError::Unavailable(reason)) = refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains("closed"), "{reason}");
    assert!(store.decides(&ORDERS).is_err());
}

#[tokio::test]
async fn a_store_without_an_index_follows_and_reads_and_decides_nothing() {
    let place = Place::shared().await;
    fill(&place.store().await, &order("a"), 2).await;
    let mut onlooker = place.clone();
    onlooker.options.index = None;
    let store = onlooker.store().await;
    assert_eq!(everything(&store).await.len(), 2);
    assert_eq!(store.commit_at(&ORDERS, 2).await.unwrap().unwrap().events.len(), 1);
    let refused = add(&store, vec![write(&order("a"), 2, 1)]).await;
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    assert!(!store.has_index());
}

/// The deadline of a decision counts from the call, whatever the decision waits for.
#[tokio::test]
async fn a_decision_whose_data_cannot_be_loaded_is_answered() {
    let (proxy, store, witness) = behind_a_line().await;
    let id = order("a");
    fill(&witness, &id, 3).await;
    caught_up(&store).await;
    proxy.set(Line::Dead);
    let loads = Arc::new(AtomicU64::new(0));
    let (seen, counted) = (loads.clone(), id.clone());
    let decided = store.decide(&ORDERS, move |view| {
        seen.fetch_add(1, Ordering::Relaxed);
        Ok(Ok::<u64, ()>(*view.state(&counted, &count_events)?.state()))
    });
    let answer = tokio::time::timeout(SOON, decided).await.expect("it is answered");
    assert!(matches!(answer, Err(AppendError::Unavailable(_))), "{answer:?}");
    assert_eq!(loads.load(Ordering::Relaxed), 1);
}
