//! Verifying a stream: an intact stream passes; damaged, deleted, forged and inserted commits are named.

use async_nats::jetstream::stream::Config;
use embedded::testing::PrivateServers;
use event_store::{
    ChainFault, DurableOptions, EventName, EventStore, Start, StreamFault, SubscriptionError, Verification,
};
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::support::{
    self, Foreign, INVOICES, ORDERS, Place, SOON, add, commit_headers, damage::StreamFiles, following, load, order,
    write,
};

/// Three orders with twenty events among them, one after the other: sequence 1 is version 1 of `a`, sequence 20 is
/// version 7 of `b`.
async fn fill(store: &EventStore) {
    for sequence in 0..20 {
        let order = order(["a", "b", "c"][sequence % 3]);
        let loaded = load(store, &order).await;
        let mut write = following(&order, &loaded, 1);
        write.events[0].data = format!("\"body-{:02}\"", sequence + 1).into();
        add(store, vec![write]).await.unwrap();
    }
}

async fn verify(store: &EventStore) -> Verification {
    tokio::time::timeout(SOON, store.verify(&ORDERS, |_, _| {}))
        .await
        .expect("it comes to an end")
        .unwrap()
}

fn event(aggregate: &str, version: u64) -> Option<EventName> {
    Some(EventName {
        aggregate: format!("order/{aggregate}"),
        version,
    })
}

/// A private server whose stream is damaged while it is stopped.
async fn damaged(damage: impl FnOnce(&StreamFiles)) -> (PrivateServers, EventStore) {
    let servers = PrivateServers::start().await;
    let place = Place::alone_at(servers.nats_url());
    fill(&place.store().await).await;
    servers.stop_nats().await;
    damage(&StreamFiles::of(&servers, &place));
    servers.start_nats().await;
    (servers, place.store().await)
}

#[tokio::test]
async fn an_intact_stream_passes_and_progress_is_reported() {
    let store = support::store().await;
    fill(&store).await;
    let mut told = Vec::new();

    let verified = store.verify(&ORDERS, |position, end| told.push((position, end))).await;

    let whole = |events, aggregates| Verification {
        commits: events,
        events,
        aggregates,
        fault: None,
    };
    assert_eq!(verified.unwrap(), whole(20, 3));
    assert_eq!(told.last(), Some(&(20, 20)));
    assert_eq!(store.verify(&INVOICES, |_, _| {}).await.unwrap(), whole(0, 0));
}

#[tokio::test]
async fn a_flipped_bit_is_named_by_sequence_aggregate_and_version() {
    // No later event of the aggregate reveals that its last event is missing.
    for (text, sequence, named) in [
        ("body-05", 5, event("b", 2)),
        ("body-20", 20, None),
        ("body-18", 18, None),
        ("body-17", 17, event("b", 6)),
    ] {
        let (servers, store) = damaged(|files| files.flip_bit_in(text)).await;

        let verified = verify(&store).await;

        let expected = StreamFault::Missing {
            first: sequence,
            last: sequence,
            event: named,
        };
        assert_eq!(verified.fault, Some(expected));
        assert_eq!(verified.events, sequence - 1);
        servers.stop().await;
    }
}

#[tokio::test]
async fn a_subscription_reports_a_lost_last_event_instead_of_waiting_for_it() {
    let (servers, store) = damaged(|files| files.flip_bit_in("body-20")).await;
    for after in [0, 19] {
        let mut subscription = store.subscribe(&ORDERS, after);
        let error = loop {
            match tokio::time::timeout(SOON, subscription.next_batch(7))
                .await
                .expect("it ends")
            {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(
            matches!(
                error,
                SubscriptionError::Missing {
                    first: 20,
                    last: 20,
                    ..
                }
            ),
            "{error}"
        );
        assert_eq!(subscription.position(), 19);
    }
    servers.stop().await;
}

#[tokio::test]
async fn a_durable_subscription_does_not_report_losses() {
    let (servers, store) = damaged(|files| files.flip_bit_in("body-05")).await;
    let options = DurableOptions {
        start: Start::Beginning,
        ..DurableOptions::default()
    };
    let mut durable = store.durable(&ORDERS, "reactor", options).await.unwrap();
    let mut positions = Vec::new();
    while positions.last() != Some(&20) {
        let taken = tokio::time::timeout(SOON, durable.next_batch(1)).await;
        for delivery in taken.expect("an event").unwrap() {
            delivery.ack().await.unwrap();
            positions.push(delivery.place.position);
        }
    }
    assert_eq!(
        positions,
        (1..=20).filter(|position| *position != 5).collect::<Vec<_>>()
    );
    servers.stop().await;
}

#[tokio::test]
async fn a_cut_off_end_that_the_server_remembers_is_a_gap() {
    let (servers, store) = damaged(|files| files.cut_off(777)).await;

    let fault = verify(&store).await.fault;

    let Some(StreamFault::Missing { first, last: 20, .. }) = fault else {
        panic!("{fault:?}");
    };
    assert!((15..20).contains(&first), "{first}");
    servers.stop().await;
}

#[tokio::test]
async fn a_cut_off_end_that_the_server_has_forgotten_is_reported_as_lost_bytes() {
    let (servers, store) = damaged(|files| {
        files.cut_off(777);
        files.forget_index();
    })
    .await;

    let fault = verify(&store).await.fault;

    let Some(StreamFault::Lost { bytes, last }) = fault else {
        panic!("{fault:?}");
    };
    assert!(bytes > 0 && (14..20).contains(&last), "{bytes} bytes behind {last}");
    servers.stop().await;
}

/// Builds a stream by hand that allows deletion: a changed copy of an intact one. Afterwards it gets the store's
/// settings.
async fn rebuilt(
    change: impl Fn(&mut Vec<async_nats::jetstream::message::StreamMessage>),
    delete: &[u64],
) -> EventStore {
    let good = Place::shared().await;
    fill(&good.store().await).await;
    let jetstream = good.jetstream().await;
    let stream = jetstream.get_stream(good.stream_name()).await.unwrap();
    let mut messages: Vec<_> = futures_util::stream::iter(1..=20)
        .then(|sequence| stream.get_raw_message(sequence))
        .try_collect()
        .await
        .unwrap();
    change(&mut messages);

    let place = Place::shared().await;
    let closed = Config {
        name: place.stream_name(),
        subjects: vec![place.subject(ORDERS.subject)],
        ..stream.cached_info().config.clone()
    };
    let open = Config {
        deny_delete: false,
        ..closed.clone()
    };
    let copy = jetstream.create_stream(open).await.unwrap();
    for message in messages {
        // The expectations of the original publish do not hold in this stream.
        place.put(commit_headers(&message.headers), message.payload).await;
    }
    for sequence in delete {
        copy.delete_message(*sequence).await.unwrap();
    }
    jetstream.update_stream(closed).await.unwrap();
    place.store().await
}

#[tokio::test]
async fn deleted_events_are_named_if_a_trace_is_left() {
    let missing = |first, last, event| Some(StreamFault::Missing { first, last, event });
    let whole = rebuilt(|_| {}, &[]).await;
    assert_eq!(verify(&whole).await.fault, None);
    for (delete, expected) in [
        (&[6][..], missing(6, 6, event("c", 2))),
        (&[5, 6][..], missing(5, 6, event("b", 2))),
        // No later event reveals the last event of an aggregate, and a deleted message has no index entry.
        (&[20][..], missing(20, 20, None)),
    ] {
        let store = rebuilt(|_| {}, delete).await;
        assert_eq!(verify(&store).await.fault, expected);
    }
}

#[tokio::test]
async fn a_forged_an_inserted_and_a_left_out_commit_break_the_chain() {
    let forge = |messages: &mut Vec<async_nats::jetstream::message::StreamMessage>| {
        let body = String::from_utf8(messages[4].payload.to_vec()).unwrap();
        messages[4].payload = body.replace("body-05", "body-XX").into();
    };
    let broken = |position| Some(StreamFault::Chain(ChainFault::Broken { position }));
    let forged = rebuilt(forge, &[]).await;
    assert_eq!(verify(&forged).await.fault, broken(6), "the next one shows it");

    let inserted = rebuilt(|messages| messages.insert(6, messages[4].clone()), &[]).await;
    assert_eq!(verify(&inserted).await.fault, broken(7));

    let left_out = rebuilt(|messages| drop(messages.remove(4)), &[]).await;
    assert_eq!(verify(&left_out).await.fault, broken(5));

    let swapped = rebuilt(|messages| messages.swap(4, 5), &[]).await;
    assert_eq!(verify(&swapped).await.fault, broken(5));
}

/// A commit with the right hash can still be wrong in itself.
#[tokio::test]
async fn a_missing_or_duplicate_version_is_named() {
    for (version, expected) in [
        (
            9,
            ChainFault::Missing {
                position: 21,
                aggregate: "order/b".to_owned(),
                expected: 8,
                found: 9,
            },
        ),
        (
            7,
            ChainFault::Extra {
                position: 21,
                aggregate: "order/b".to_owned(),
                found: 7,
            },
        ),
    ] {
        let place = Place::shared().await;
        let store = place.store().await;
        fill(&store).await;
        let last = support::commits(&store).await.pop().unwrap();
        let mut headers = commit_headers(&place.message(20).await.headers);
        headers.insert("Previous-Hash", last.hash().to_string());
        let body = String::from_utf8(last.body().to_vec()).unwrap();
        let body = body.replace("\"aggregateversion\":7", &format!("\"aggregateversion\":{version}"));
        place.put(headers, body).await;

        let verified = verify(&store).await;

        assert_eq!(verified.fault, Some(StreamFault::Chain(expected)));
        assert_eq!(verified.commits, 20);
    }
}

#[tokio::test]
async fn a_lost_commit_of_several_aggregates_is_missing_for_each_of_them() {
    let servers = PrivateServers::start().await;
    let place = Place::alone_at(servers.nats_url());
    let store = place.store().await;
    add(&store, vec![write(&order("a"), 0, 2), write(&order("b"), 0, 1)])
        .await
        .unwrap();
    let mut lost = write(&order("b"), 1, 2);
    lost.events[1].data = "\"to-be-lost\"".into();
    add(&store, vec![lost, write(&order("c"), 0, 1)]).await.unwrap();
    add(&store, vec![write(&order("c"), 1, 1)]).await.unwrap();
    servers.stop_nats().await;
    StreamFiles::of(&servers, &place).flip_bit_in("to-be-lost");
    servers.start_nats().await;

    let verified = verify(&place.store().await).await;

    let missing = StreamFault::Missing {
        first: 2,
        last: 2,
        event: event("c", 1),
    };
    assert_eq!((verified.fault, verified.events), (Some(missing), 3));
    servers.stop().await;
}

#[tokio::test]
async fn a_foreign_message_is_named() {
    let place = Place::shared().await;
    let store = place.store().await;
    fill(&store).await;
    let sequence = place.publish_foreign(Foreign::WithoutHeaders).await;

    let fault = verify(&store).await.fault;

    let Some(StreamFault::Unreadable(error)) = fault else {
        panic!("{fault:?}");
    };
    assert_eq!(error.sequence, sequence);
}

#[tokio::test]
async fn concurrent_appends_are_not_a_fault() {
    let store = support::store().await;
    fill(&store).await;
    for number in 0..20 {
        let order = order(format!("n{number}"));
        let (verified, appended) = tokio::join!(verify(&store), add(&store, vec![write(&order, 0, 3)]));
        assert_eq!(verified.fault, None);
        appended.unwrap();
    }
    assert_eq!(verify(&store).await.events, 80);
}
