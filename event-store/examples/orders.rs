//! A small shop on the event store: places an order and its invoice together, meets a conflict, follows the stream, and
//! reacts to what was placed. It needs a nats-server with JetStream and `sync_interval: always`:
//!
//! `cargo run -p event-store --example orders -- nats://127.0.0.1:4222`
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::{error::Error, time::Duration};

use chrono::{DateTime, Utc};
use event_store::{
    AggregateId, Append, AppendError, Consistency, DurableOptions, EventHash, EventStore, Metadata, NewEvent, Options,
    RecordedEvent, Start, StreamDefinition, StreamSettings, Write,
};
use uuid::Uuid;

/// One stream is the reach of an atomic append: orders and invoices that must agree live in one.
static SHOP: StreamDefinition = StreamDefinition {
    name: "SHOP",
    root: "shop",
};

#[tokio::main]
#[allow(dead_code, reason = "a test runs the example without it")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: orders nats://HOST:PORT")?;
    run(&url, "example").await
}

/// Runs the shop on a server, in a namespace of its own.
pub(crate) async fn run(url: &str, namespace: &str) -> Result<(), Box<dyn Error>> {
    let options = Options {
        url: url.to_owned(),
        namespace: namespace.to_owned(),
        source: "urn:example:shop".to_owned(),
        streams: StreamSettings::default(),
        mends_streams: true,
        request_timeout: Duration::from_secs(5),
        queue_appends: 1_000,
        remembered_states: 10_000,
        sealing: None,
        snapshots: false,
    };
    let store = EventStore::connect(options, &[&SHOP]).await?;
    let id = new_id();
    let order = AggregateId::new(&SHOP, "order", id.to_string())?;
    let invoice = AggregateId::new(&SHOP, "invoice", id.to_string())?;

    // Both or neither.
    let placed = store
        .append(append(vec![
            first_write(&order, "order.placed", r#"{"item":"tea","pieces":2}"#),
            first_write(&invoice, "invoice.drawn", r#"{"amount":700}"#),
        ]))
        .await?;
    println!("placed at position {}", placed.position);

    // Whoever decides on what is no longer so is told, and nothing is stored.
    let again = append(vec![first_write(
        &order,
        "order.placed",
        r#"{"item":"coffee","pieces":1}"#,
    )]);
    assert_eq!(store.append(again).await, Err(AppendError::Conflict));

    // Load, decide, append after what was loaded.
    let loaded = store.load(&order, Consistency::Any).await?;
    let paid = Write {
        aggregate: order,
        expected_version: loaded.len() as u64,
        previous_hash: loaded.last().map_or(EventHash::GENESIS, RecordedEvent::hash),
        events: vec![event("order.paid", r#"{"amount":700}"#)],
    };
    let end = store.append(append(vec![paid])).await?.position;

    // A projection reads everything in order and keeps its own position.
    let mut subscription = store.subscribe(&SHOP, 0);
    while subscription.position() < end {
        for event in subscription.next_batch(100).await? {
            println!(
                "{:>4} {}/{} {}",
                event.position, event.aggregate_type, event.aggregate_id, event.event_type
            );
        }
    }

    // A reactor shares a name with others; the server remembers what is done.
    let options = DurableOptions {
        start: Start::After(placed.position),
        event_types: ["order.paid".to_owned()].into(),
        ..DurableOptions::default()
    };
    let mut shipping = store.durable(&SHOP, &format!("shipping-{id}"), options).await?;
    for delivery in shipping.next_batch(8).await? {
        match &delivery.event {
            Ok(event) => println!("ship {}, attempt {}", event.aggregate_id, delivery.attempt),
            Err(unreadable) => println!("skipped: {unreadable}"),
        }
        delivery.ack().await?;
    }

    let verified = store.verify(&SHOP, |_, _| {}).await?;
    println!(
        "{} events of {} aggregates, fault: {:?}",
        verified.events, verified.aggregates, verified.fault
    );
    Ok(())
}

fn append(writes: Vec<Write>) -> Append {
    Append {
        stream: &SHOP,
        writes,
        metadata: Metadata {
            time: now(),
            actor: "clerk-7".to_owned(),
            correlation_id: new_id(),
            causation_id: None,
            traceparent: None,
        },
    }
}

fn first_write(aggregate: &AggregateId, event_type: &str, data: &'static str) -> Write {
    Write {
        aggregate: aggregate.clone(),
        expected_version: 0,
        previous_hash: EventHash::GENESIS,
        events: vec![event(event_type, data)],
    }
}

fn event(event_type: &str, data: &'static str) -> NewEvent {
    NewEvent {
        id: new_id(),
        event_type: event_type.to_owned(),
        schema_version: 1,
        data: data.into(),
        personal: None,
    }
}

#[allow(clippy::disallowed_methods, reason = "an example has no edge to take the clock from")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

#[allow(clippy::disallowed_methods, reason = "an example has no edge to take ids from")]
fn new_id() -> Uuid {
    Uuid::now_v7()
}
