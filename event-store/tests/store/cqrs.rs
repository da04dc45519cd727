//! The store under `cqrs_es`: a user of the framework sees no difference except durability.

use std::collections::HashMap;

use cqrs_es::{
    Aggregate, AggregateContext as _, AggregateError, CqrsFramework, DomainEvent, EventStore as _,
    event_sink::EventSink,
};
use event_store::CqrsEventStore;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{ORDERS, Place, everything};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Deposited { amount: u64 },
    Withdrawn { amount: u64 },
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Deposited { .. } => "account.deposited".to_owned(),
            Self::Withdrawn { .. } => "account.withdrawn".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "2.0".to_owned()
    }
}

enum Command {
    Deposit(u64),
    Withdraw(u64),
    Nothing,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the balance is too low")]
struct TooLow;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Account {
    balance: u64,
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = Command;
    type Event = Event;
    type Error = TooLow;
    type Services = ();

    async fn handle(&mut self, command: Command, _: &(), sink: &EventSink<Self>) -> Result<(), TooLow> {
        match command {
            Command::Deposit(amount) => sink.write(Event::Deposited { amount }, self).await,
            Command::Withdraw(amount) if amount > self.balance => return Err(TooLow),
            Command::Withdraw(amount) => sink.write(Event::Withdrawn { amount }, self).await,
            Command::Nothing => {}
        }
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Deposited { amount } => self.balance += amount,
            Event::Withdrawn { amount } => self.balance -= amount,
        }
    }
}

async fn accounts(place: &Place) -> CqrsEventStore<Account> {
    CqrsEventStore::new(place.store().await, &ORDERS)
}

async fn framework(place: &Place) -> CqrsFramework<Account, CqrsEventStore<Account>> {
    CqrsFramework::new(accounts(place).await, Vec::new(), ())
}

async fn balance(place: &Place) -> u64 {
    let mut context = accounts(place).await.load_aggregate("a").await.expect("loaded");
    context.aggregate().balance
}

#[tokio::test]
async fn commands_are_decided_on_what_was_stored_and_refusals_store_nothing() {
    let place = Place::shared().await;
    let framework = framework(&place).await;
    framework.execute("a", Command::Deposit(10)).await.expect("stored");
    framework
        .execute("a", Command::Nothing)
        .await
        .expect("nothing to store");
    framework.execute("a", Command::Withdraw(4)).await.expect("stored");
    let refused = framework.execute("a", Command::Withdraw(7)).await;
    assert!(matches!(refused, Err(AggregateError::UserError(TooLow))), "{refused:?}");
    assert_eq!(balance(&place).await, 6);
    assert_eq!(everything(&place.store().await).await.len(), 2);
}

#[tokio::test]
async fn events_come_back_with_their_sequence_and_metadata() {
    let place = Place::shared().await;
    let metadata = HashMap::from([
        ("actor".to_owned(), "clerk-7".to_owned()),
        ("time".to_owned(), "2027-01-11T15:00:00Z".to_owned()),
        ("terminal".to_owned(), "T9".to_owned()),
    ]);
    let framework = framework(&place).await;
    let executed = framework
        .execute_with_metadata("a", Command::Deposit(3), metadata.clone())
        .await;
    executed.expect("stored");
    let events = accounts(&place).await.load_events("a").await.expect("loaded");
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].sequence, &events[0].payload),
        (1, &Event::Deposited { amount: 3 })
    );
    assert_eq!(events[0].metadata, metadata);
    let recorded = everything(&place.store().await).await;
    assert_eq!(
        (recorded[0].schema_version, recorded[0].metadata.actor.as_str()),
        (2, "clerk-7")
    );
    assert_eq!(recorded[0].metadata.time.to_rfc3339(), "2027-01-11T15:00:00+00:00");
}

#[tokio::test]
async fn two_decisions_on_one_state_conflict() {
    let place = Place::shared().await;
    let (here, elsewhere) = (accounts(&place).await, accounts(&place).await);
    let (one, other) = (here.load_aggregate("a").await, elsewhere.load_aggregate("a").await);
    let deposit = || vec![Event::Deposited { amount: 1 }];
    let committed = here.commit(deposit(), one.expect("loaded"), HashMap::new()).await;
    assert_eq!(committed.expect("stored")[0].sequence, 1);
    let refused = elsewhere
        .commit(deposit(), other.expect("loaded"), HashMap::new())
        .await;
    assert!(matches!(refused, Err(AggregateError::AggregateConflict)), "{refused:?}");
}

#[tokio::test]
async fn the_commands_of_one_process_take_turns() {
    let place = Place::shared().await;
    let framework = std::sync::Arc::new(framework(&place).await);
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let framework = std::sync::Arc::clone(&framework);
        tasks.spawn(async move { framework.execute("a", Command::Deposit(1)).await });
    }
    for outcome in tasks.join_all().await {
        outcome.expect("no conflict");
    }
    assert_eq!(balance(&place).await, 50);
}

#[tokio::test]
async fn an_older_version_is_read_through_the_upcaster() {
    let place = Place::shared().await;
    let framework = framework(&place).await;
    framework.execute("a", Command::Deposit(3)).await.expect("stored");
    let in_cents = |event_type: &str, version: u32, mut payload: Value| {
        assert_eq!((event_type, version), ("account.deposited", 2));
        payload["Deposited"]["amount"] = json!(payload["Deposited"]["amount"].as_u64().ok_or("no amount")? * 100);
        Ok(payload)
    };
    let accounts = accounts(&place).await.with_upcaster(in_cents);
    let mut context = accounts.load_aggregate("a").await.expect("loaded");
    assert_eq!(context.aggregate().balance, 300);
}

#[tokio::test]
async fn bad_metadata_and_bad_ids_store_nothing() {
    let place = Place::shared().await;
    let framework = framework(&place).await;
    let metadata = HashMap::from([("time".to_owned(), "yesterday".to_owned())]);
    let refused = framework
        .execute_with_metadata("a", Command::Deposit(1), metadata)
        .await;
    assert_eq!(
        refused.expect_err("refused").to_string(),
        "metadata time cannot be read"
    );
    assert!(framework.execute("a.b", Command::Deposit(1)).await.is_err());
    assert!(everything(&place.store().await).await.is_empty());
}
