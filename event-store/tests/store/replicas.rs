//! Replicated streams: copies are added to existing streams, and events survive the loss of a server.

use embedded::testing::{PrivateCluster, eventually};
use event_store::EventStore;

use crate::support::{INVOICES, ORDERS, Place, SOON, add, fill, following, load, order, versions, write};

/// Opens the streams, once the servers have found each other and have finished earlier changes.
async fn open(place: &Place) -> EventStore {
    let mut store = None;
    eventually("the cluster takes streams", SOON, async || {
        let opened = EventStore::connect(place.options.clone(), &[&ORDERS, &INVOICES]).await;
        store = opened.ok();
        store.is_some()
    })
    .await;
    store.unwrap()
}

#[tokio::test]
async fn copies_are_added_to_an_existing_stream_and_survive_its_first_server() {
    let cluster = PrivateCluster::start().await;
    let mut place = Place::alone_at(cluster.nats_url()).impatient();
    place.options.streams.placement_tags = vec!["n2".to_owned()];
    let alone = open(&place).await;
    fill(&alone, &order("a"), 50).await;
    assert!(!alone.loads_can_lag());
    assert_eq!(place.leader().await.as_deref(), Some("n2"));

    place.options.streams.replicas = 3;
    place.options.streams.placement_tags.clear();
    // The tag leaves room for one copy only. The stream is moved first, and gets its copies afterwards.
    place.options.streams.placement_cluster = Some("anamnesis".to_owned());
    let store = open(&place).await;
    assert!(store.loads_can_lag());
    eventually("all copies are current", SOON, async || {
        place.current_copies().await == 2
    })
    .await;

    cluster.kill_node(1).await;
    let a = order("a");
    eventually("the store takes an append again", SOON, async || {
        let Ok(loaded) = store.load(&a).await else {
            return false;
        };
        add(&store, vec![following(&a, &loaded, 1)]).await.is_ok()
    })
    .await;
    let loaded = load(&store, &a).await;
    assert!(versions(&loaded).len() >= 51);
    assert_ne!(place.leader().await.as_deref(), Some("n2"));

    cluster.start_node(1).await;
    eventually("its copy is current again", SOON, async || {
        place.current_copies().await == 2
    })
    .await;
    let last = load(&store, &a).await.len() as u64;
    add(&store, vec![write(&a, last, 1)]).await.unwrap();
    cluster.stop().await;
}
