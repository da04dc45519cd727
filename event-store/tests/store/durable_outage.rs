//! Durable subscriptions through outages: a server is killed while events are held, and a stream's leader changes.

use std::{collections::BTreeSet, time::Duration};

use embedded::testing::{PrivateCluster, PrivateServers, eventually};
use event_store::{Delivery, Durable, DurableError, DurableOptions, EventStore, Start};

use crate::support::{self, INVOICES, ORDERS, Place, SOON, add, fill, order, write};

const ACK_WAIT: Duration = Duration::from_secs(2);

fn options(max_ack_pending: u32) -> DurableOptions {
    DurableOptions {
        start: Start::Beginning,
        ack_wait: ACK_WAIT,
        max_ack_pending,
        ..DurableOptions::default()
    }
}

async fn open(store: &EventStore, max_ack_pending: u32) -> Durable {
    store
        .durable(&ORDERS, "reactor", options(max_ack_pending))
        .await
        .unwrap()
}

async fn next(durable: &mut Durable) -> Delivery {
    let next = tokio::time::timeout(SOON, durable.next_batch(1)).await;
    next.expect("there is an event").unwrap().remove(0)
}

/// Handles events until all up to the last one are acknowledged, and returns the delivered positions. An
/// acknowledgement without confirmation counts if the server reports it.
async fn handle_to(durable: &mut Durable, last: u64) -> BTreeSet<u64> {
    let mut handled = BTreeSet::new();
    while !durable.status().await.is_ok_and(|status| status.last_acked == last) {
        if let Ok(taken) = tokio::time::timeout(Duration::from_millis(500), durable.next_batch(4)).await {
            for delivery in taken.unwrap() {
                let _ = delivery.ack().await;
                handled.insert(delivery.place.position);
            }
        }
    }
    handled
}

#[tokio::test]
async fn an_event_held_when_the_server_is_killed_comes_again_and_none_is_lost() {
    let servers = PrivateServers::start().await;
    let store = Place::alone_at(servers.nats_url()).impatient().store().await;
    fill(&store, &order("a"), 20).await;
    let mut durable = open(&store, 1).await;
    next(&mut durable).await.ack().await.unwrap();
    let held = next(&mut durable).await;
    servers.kill_nats().await;
    let asked = held.in_progress().await;
    assert!(matches!(asked, Err(DurableError::Unavailable { .. })), "{asked:?}");
    assert!(durable.status().await.is_err());

    // A waiting caller continues by itself.
    let waiting = tokio::spawn(async move {
        // An event before the held one comes again only if the server had not recorded its acknowledgement.
        let first = next(&mut durable).await;
        assert!(first.place.position <= 2, "{}", first.place.position);
        let positions = handle_in_order(&mut durable, first).await;
        (durable, positions)
    });
    servers.start_nats().await;

    let (durable, positions) = waiting.await.unwrap();
    assert!(positions.contains(&2));
    eventually("everything is acknowledged", SOON, async || {
        durable.status().await.is_ok_and(|status| status.last_acked == 20)
    })
    .await;
    servers.stop().await;
}

/// Handles events up to the twentieth, and checks that each follows the one before.
async fn handle_in_order(durable: &mut Durable, first: Delivery) -> Vec<u64> {
    let mut positions = Vec::new();
    let mut delivery = first;
    loop {
        let expected = positions.last().map_or(delivery.place.position, |last| last + 1);
        assert_eq!(delivery.place.position, expected);
        delivery.ack().await.unwrap();
        positions.push(delivery.place.position);
        if delivery.place.position == 20 {
            return positions;
        }
        delivery = next(durable).await;
    }
}

/// The process knows that it has handled the event. The commit is acknowledged when it comes again.
#[tokio::test]
async fn an_event_whose_acknowledgement_is_lost_is_not_handled_again_by_the_same_process() {
    let servers = PrivateServers::start().await;
    let store = Place::alone_at(servers.nats_url()).impatient().store().await;
    fill(&store, &order("a"), 2).await;
    let mut durable = open(&store, 1).await;
    let held = next(&mut durable).await;
    servers.kill_nats().await;
    let acked = held.ack().await;
    assert!(matches!(acked, Err(DurableError::Unavailable { .. })), "{acked:?}");
    servers.start_nats().await;

    let second = next(&mut durable).await;

    assert_eq!(second.place.position, 2);
    second.ack().await.unwrap();
    eventually("everything is acknowledged", SOON, async || {
        durable.status().await.is_ok_and(|status| status.last_acked == 2)
    })
    .await;
    servers.stop().await;
}

#[tokio::test]
async fn a_wait_for_an_event_outlasts_an_outage() {
    let servers = PrivateServers::start().await;
    let place = Place::alone_at(servers.nats_url()).impatient();
    let store = place.store().await;
    let mut durable = open(&store, 10).await;
    let waiting = tokio::spawn(async move { next(&mut durable).await.place.position });
    place.waiting_consumer().await;

    servers.kill_nats().await;
    servers.start_nats().await;
    eventually("an event is stored", SOON, async || {
        add(&store, vec![write(&order("a"), 0, 1)]).await.is_ok()
            || !support::load(&store, &order("a")).await.is_empty()
    })
    .await;

    assert_eq!(waiting.await.unwrap(), 1);
    servers.stop().await;
}

#[tokio::test]
async fn a_change_of_leader_loses_no_event() {
    let cluster = PrivateCluster::start().await;
    let mut place = Place::at(cluster.nats_url()).impatient();
    place.options.streams.replicas = 3;
    let mut opened = None;
    eventually("the cluster takes streams", SOON, async || {
        opened = EventStore::connect(place.options.clone(), &[&ORDERS, &INVOICES])
            .await
            .ok();
        opened.is_some()
    })
    .await;
    let store = opened.unwrap();
    fill(&store, &order("a"), 200).await;
    let mut durable = open(&store, 10).await;
    let handling = tokio::spawn(async move { handle_to(&mut durable, 200).await });

    let stream = place.stream_name();
    let client = place.jetstream().await.client();
    let subject = format!("$JS.API.CONSUMER.LEADER.STEPDOWN.{stream}.reactor");
    let stepped_down = client.request(subject, "".into()).await.unwrap();
    assert!(String::from_utf8_lossy(&stepped_down.payload).contains("success"));
    cluster.step_down(&stream).await;
    cluster.kill_node(cluster.leader_of(&stream).await).await;

    let handled = tokio::time::timeout(SOON, handling)
        .await
        .expect("all are acknowledged");
    assert_eq!(handled.unwrap(), (1..=200).collect());
    cluster.stop().await;
}
