//! A small shop on the event store. It places an order and its invoice atomically, meets a conflict, decides on a
//! rule that spans all orders, follows the stream, and reacts to placed orders. It needs a nats-server with JetStream
//! and `sync_interval: always`:
//!
//! `cargo run -p event-store --example orders -- nats://127.0.0.1:4222`
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::{error::Error, time::Duration};

use chrono::{DateTime, Utc};
use event_store::{
    AggregateId, Append, AppendError, Changes, DecisionModel, DurableOptions, EventStore, IndexStorage, Metadata,
    NewEvent, Options, RecordedEvent, Start, StreamDefinition, StreamSettings, Undecided, View, Write,
};
use serde::Deserialize;
use uuid::Uuid;

/// An atomic decision stays within one stream, so orders and invoices that must agree share one.
static SHOP: StreamDefinition = StreamDefinition {
    name: "SHOP",
    subject: "shop.log",
    models: &[&Stock],
};

/// The index of the model in the stream's list.
const STOCK: u8 = 0;
/// How many pieces of each item the shop has.
const PIECES: u32 = 5;

/// The body of `order.placed`.
#[derive(Deserialize)]
struct Placed {
    item: String,
    pieces: u32,
}

/// How many pieces of each item have been ordered. The model is folded from the events of all orders, and kept in the
/// local index.
#[derive(Debug)]
struct Stock;

impl DecisionModel for Stock {
    fn name(&self) -> &'static str {
        // Increment the number when `fold` folds the same events differently.
        "stock-1"
    }

    fn fold(&self, event: &RecordedEvent, changes: &mut Changes<'_>) -> Result<(), String> {
        if event.event_type == "order.placed" {
            let Placed { item, pieces } = serde_json::from_slice(&event.data).map_err(|error| error.to_string())?;
            let ordered = changes.get(item.as_bytes()).map_or(0, |value| number(&value));
            changes.put(item.as_bytes(), (ordered + pieces).to_be_bytes());
        }
        Ok(())
    }
}

fn number(value: &[u8]) -> u32 {
    value.try_into().map_or(0, u32::from_be_bytes)
}

#[tokio::main]
#[allow(dead_code, reason = "a test runs the example without it")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: orders nats://HOST:PORT")?;
    run(&url, "example").await
}

/// Runs the shop on a server, in its own namespace.
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
        // A service keeps its index in a folder, and continues from it after a restart.
        index: Some(IndexStorage::Temporary),
        sealing: None,
    };
    let store = EventStore::connect(options, &[&SHOP]).await?;
    let id = new_id();
    let item = format!("tea-{id}");
    let order = AggregateId::new(&SHOP, "order", id.to_string())?;
    let invoice = AggregateId::new(&SHOP, "invoice", id.to_string())?;

    // Both or neither.
    let placed = store
        .append(append(vec![
            first_write(&order, event("order.placed", &order_of(&item, 2))),
            first_write(&invoice, event("invoice.drawn", r#"{"amount":700}"#)),
        ]))
        .await?;
    println!("placed at position {}", placed.position);

    // A decision on an outdated version conflicts, and nothing is stored.
    let again = append(vec![first_write(&order, event("order.placed", &order_of(&item, 1)))]);
    assert_eq!(store.append(again).await, Err(AppendError::Conflict));

    // A rule that spans orders is decided on a model. However many processes decide at the same moment, no more is
    // ordered than there is in stock.
    let orders = (0..10).map(|_| place(&store, &item));
    let answers = futures_util::future::try_join_all(orders).await?;
    let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
    println!("{accepted} of 10 further orders were accepted");
    assert_eq!(accepted as u32, PIECES - 2);

    // Load, decide, append with the loaded version.
    let loaded = store.load(&order).await?;
    let paid = Write {
        aggregate: order,
        expected_version: loaded.len() as u64,
        events: vec![event("order.paid", r#"{"amount":700}"#)],
    };
    let end = store.append(append(vec![paid])).await?.position;

    // A projection reads everything in order and keeps its own position.
    let mut subscription = store.subscribe(&SHOP, 0);
    while subscription.position() < end {
        for event in subscription.next_batch(100).await? {
            println!(
                "{:>6} {} {}",
                event.place().to_string(),
                event.aggregate(),
                event.event_type
            );
        }
    }

    // Reactors share a name; the server remembers what has been handled.
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
        "{} events of {} aggregates in {} commits, fault: {:?}",
        verified.events, verified.aggregates, verified.commits, verified.fault
    );
    store.close().await;
    Ok(())
}

/// Orders a piece, if there is one left.
async fn place(store: &EventStore, item: &str) -> Result<Result<(), SoldOut>, Box<dyn Error>> {
    let order = AggregateId::new(&SHOP, "order", new_id().to_string())?;
    let (item, placed) = (item.to_owned(), event("order.placed", &order_of(item, 1)));
    let decide = move |view: &mut View<'_>| -> Result<Result<(), SoldOut>, Undecided> {
        let ordered = view.model_entry(STOCK, item.as_bytes())?;
        if ordered.map_or(0, |value| number(&value)) >= PIECES {
            return Ok(Err(SoldOut));
        }
        view.append(&order, ().into(), vec![placed.clone()], &metadata())?;
        Ok(Ok(()))
    };
    Ok(store.decide(&SHOP, decide).await?.outcome)
}

/// The item is sold out.
#[derive(Debug)]
struct SoldOut;

fn order_of(item: &str, pieces: u32) -> String {
    serde_json::json!({ "item": item, "pieces": pieces }).to_string()
}

fn append(writes: Vec<Write>) -> Append {
    Append {
        stream: &SHOP,
        writes,
        metadata: metadata(),
    }
}

fn metadata() -> Metadata {
    Metadata {
        time: now(),
        actor: "clerk-7".to_owned(),
        correlation_id: new_id(),
        causation_id: None,
        traceparent: None,
    }
}

fn first_write(aggregate: &AggregateId, event: NewEvent) -> Write {
    Write {
        aggregate: aggregate.clone(),
        expected_version: 0,
        events: vec![event],
    }
}

fn event(event_type: &str, data: &str) -> NewEvent {
    NewEvent {
        id: new_id(),
        event_type: event_type.to_owned(),
        schema_version: 1,
        data: data.to_owned().into(),
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
