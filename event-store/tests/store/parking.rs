//! Parked events stay until they are removed, and parking an event again does not duplicate it.

use std::collections::BTreeMap;

use event_store::{Inspector, Parked, Place as EventPlace};
use uuid::Uuid;

use crate::support::{INVOICES, ORDERS, Place, store};

fn parked(subscription: &str, position: u64, reason: &str) -> Parked {
    Parked {
        subscription: subscription.to_owned(),
        stream: "ORDERS".to_owned(),
        position,
        index: 2,
        event_id: Some(Uuid::from_u128(position.into())),
        event_type: Some("order.placed".to_owned()),
        aggregate: Some("order/a".to_owned()),
        attempts: 3,
        reason: reason.to_owned(),
        parked_at: "2027-01-04T08:00:00Z".parse().unwrap(),
    }
}

const fn at(position: u64) -> EventPlace {
    EventPlace { position, index: 2 }
}

#[tokio::test]
async fn a_parked_event_stays_for_every_process_until_it_is_removed() {
    let place = Place::shared().await;
    let store = place.store().await;
    for (subscription, position) in [("mail", 7), ("mail", 3), ("print", 3)] {
        store.park(&parked(subscription, position, "no stamp")).await.unwrap();
    }

    let other = place.store().await;
    let mail = other.parked(&ORDERS, "mail", 10).await.unwrap();
    assert_eq!(mail, [parked("mail", 7, "no stamp"), parked("mail", 3, "no stamp")]);
    assert_eq!(other.parked(&ORDERS, "mail", 1).await.unwrap().len(), 1);
    assert_eq!(other.parked_count(&ORDERS, "mail").await.unwrap(), 2);
    assert_eq!(other.parked_count(&ORDERS, "print").await.unwrap(), 1);
    assert_eq!(other.parked_count(&INVOICES, "mail").await.unwrap(), 0);
    assert_eq!(other.parked(&INVOICES, "mail", 10).await.unwrap(), []);

    let inspector = Inspector::connect(place.options.clone()).await.unwrap();
    let counted = |subscription: &str, events| (("ORDERS".to_owned(), subscription.to_owned()), events);
    let census = inspector.parked().await.unwrap();
    assert_eq!(census, BTreeMap::from([counted("mail", 2), counted("print", 1)]));

    assert!(other.unpark(&ORDERS, "mail", at(7)).await.unwrap());
    assert!(!other.unpark(&ORDERS, "mail", at(7)).await.unwrap(), "it is gone");
    assert_eq!(store.parked_at(&ORDERS, "mail", at(7)).await.unwrap(), None);
    assert_eq!(store.parked_count(&ORDERS, "mail").await.unwrap(), 1);
    assert_eq!(store.parked_count(&ORDERS, "print").await.unwrap(), 1);
}

#[tokio::test]
async fn an_event_that_is_parked_again_has_the_last_reason() {
    let store = store().await;
    store.park(&parked("mail", 3, "no stamp")).await.unwrap();
    store.park(&parked("mail", 3, "no address")).await.unwrap();
    let found = store.parked_at(&ORDERS, "mail", at(3)).await.unwrap();
    assert_eq!(found, Some(parked("mail", 3, "no address")));
    assert_eq!(store.parked_count(&ORDERS, "mail").await.unwrap(), 1);
}

#[tokio::test]
async fn two_events_of_one_commit_are_parked_apart() {
    let store = store().await;
    for index in [0, 1] {
        let parked = Parked {
            index,
            ..parked("mail", 3, "no stamp")
        };
        store.park(&parked).await.unwrap();
    }
    let first = EventPlace { index: 0, ..at(3) };
    assert!(store.unpark(&ORDERS, "mail", first).await.unwrap());
    assert_eq!(store.parked_count(&ORDERS, "mail").await.unwrap(), 1);
    assert_eq!(store.parked(&ORDERS, "mail", 10).await.unwrap()[0].index, 1);
}

#[tokio::test]
async fn nothing_is_found_where_nothing_was_parked() {
    let place = Place::shared().await;
    let store = place.store().await;
    let inspector = Inspector::connect(place.options.clone()).await.unwrap();
    assert_eq!(inspector.parked().await.unwrap(), BTreeMap::new());
    assert_eq!(store.durable_status(&ORDERS, "nobody").await.unwrap(), None);
}
