//! Notices reach every process, and those that start later.

use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use crate::support::Place;

const PATIENCE: Duration = Duration::from_secs(10);

async fn next(notices: &mut event_store::Notices) -> Bytes {
    tokio::time::timeout(PATIENCE, notices.next()).await.expect("a notice")
}

#[tokio::test]
async fn a_notice_reaches_every_process() {
    let place = Place::shared().await;
    let (one, other) = (place.store().await, place.store().await);
    let (mut here, mut there) = (one.notices("lamps"), other.notices("lamps"));
    one.notify("lamps", Uuid::from_u128(1), Bytes::from("out"))
        .await
        .unwrap();
    assert_eq!(next(&mut here).await, "out");
    assert_eq!(next(&mut there).await, "out");
    other
        .notify("lamps", Uuid::from_u128(2), Bytes::from("on"))
        .await
        .unwrap();
    assert_eq!(next(&mut here).await, "on");
    assert_eq!(next(&mut there).await, "on");
}

#[tokio::test]
async fn a_process_that_starts_later_learns_of_each_notice_of_its_topic_once() {
    let place = Place::shared().await;
    let store = place.store().await;
    for (topic, id, notice) in [
        ("lamps", 1, "a"),
        ("doors", 2, "b"),
        ("lamps", 3, "c"),
        ("lamps", 1, "d"),
    ] {
        store
            .notify(topic, Uuid::from_u128(id), Bytes::from(notice))
            .await
            .unwrap();
    }
    let mut lamps = place.store().await.notices("lamps");
    assert_eq!(next(&mut lamps).await, "c");
    assert_eq!(
        next(&mut lamps).await,
        "d",
        "a repeated notice replaces the earlier one"
    );
    store
        .notify("doors", Uuid::from_u128(4), Bytes::from("e"))
        .await
        .unwrap();
    store
        .notify("lamps", Uuid::from_u128(5), Bytes::from("f"))
        .await
        .unwrap();
    assert_eq!(next(&mut lamps).await, "f");
    assert!(store.notify("la mps", Uuid::nil(), Bytes::new()).await.is_err());
}
