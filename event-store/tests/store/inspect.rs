//! Inspecting servers and streams: reports are true, and inspecting changes nothing.

use async_nats::jetstream::stream::Config;
use embedded::testing::{self, PrivateCluster, PrivateServers, eventually};
use event_store::{Inspector, Options};

use crate::support::{ORDERS, Place, SOON, damage::StreamFiles, fill, order};

async fn inspector(options: &Options) -> Inspector {
    Inspector::connect(options.clone()).await.unwrap()
}

fn as_system(place: &Place, url: &str) -> Options {
    place.through(url).options
}

#[tokio::test]
async fn a_stream_is_reported_as_it_is_and_a_missing_one_is_not_created() {
    let mut place = Place::alone().await;
    let looking = inspector(&place.options).await;
    assert_eq!(looking.stream(&ORDERS).await.unwrap(), None);
    assert!(place.jetstream().await.get_stream(place.stream_name()).await.is_err());

    place.options.streams.max_bytes = Some(1_000_000);
    fill(&place.store().await, &order("a"), 30).await;

    let told = inspector(&place.options).await.stream(&ORDERS).await.unwrap().unwrap();
    assert_eq!((told.commits, told.last_position), (30, 30));
    assert_eq!((told.lost_bytes, told.deleted), (0, 0));
    assert_eq!((told.replicas, told.is_clustered, told.copies), (1, false, vec![]));
    assert_eq!(told.limit_bytes, Some(1_000_000));
    assert!(told.used_bytes > 30 * 100);
    assert!(told.leader.is_some());
    assert_eq!(told.differences, []);
    // The installation's settings have changed since.
    let told = looking.stream(&ORDERS).await.unwrap().unwrap();
    assert_eq!(
        told.differences[0].to_string(),
        "max_bytes is 1000000, must be unlimited"
    );
    assert!(told.differences[0].is_mended);
}

#[tokio::test]
async fn an_unsafe_stream_is_reported_and_left_unchanged() {
    let place = Place::shared().await;
    let unsafe_one = Config {
        name: place.stream_name(),
        subjects: vec![place.subject(ORDERS.subject)],
        ..Config::default()
    };
    let stream = place.jetstream().await.create_stream(unsafe_one).await.unwrap();

    let told = inspector(&place.options).await.stream(&ORDERS).await.unwrap().unwrap();

    let refused: Vec<_> = told.differences.iter().filter(|found| !found.is_mended).collect();
    assert!(
        refused.iter().any(|found| found.setting == "deny_delete"),
        "{refused:?}"
    );
    assert_eq!(stream.get_info().await.unwrap().config, stream.cached_info().config);
}

#[tokio::test]
async fn every_user_sees_a_servers_version_and_clock_and_the_system_user_its_settings() {
    let place = Place::alone().await;
    let looking = inspector(&place.options).await;
    let servers = looking.servers().await;
    assert_eq!(servers.len(), 1);
    assert!(servers[0].version.starts_with("2."), "{servers:?}");
    assert!(looking.time().await.unwrap().timestamp() > 1_700_000_000);
    assert_eq!(looking.account_limits().await.unwrap(), []);
    assert_eq!(looking.server_settings().await, []);

    let system_url = testing::servers().await.nats_system_url();
    let settings = inspector(&as_system(&place, system_url)).await.server_settings().await;

    assert_eq!(settings.len(), 1);
    let storage = settings[0].storage.unwrap();
    assert!(storage.syncs_always && storage.limit_bytes > storage.used_bytes);
    assert!(settings[0].memory_limit_bytes >= Some(1 << 30), "{settings:?}");
}

#[tokio::test]
async fn losses_of_the_server_are_reported() {
    let servers = PrivateServers::start().await;
    let place = Place::alone_at(servers.nats_url());
    fill(&place.store().await, &order("a"), 20).await;
    servers.stop_nats().await;
    let files = StreamFiles::of(&servers, &place);
    files.cut_off(777);
    files.forget_index();
    servers.start_nats().await;

    let told = inspector(&place.options).await.stream(&ORDERS).await.unwrap().unwrap();

    assert!(told.lost_bytes > 0 && told.last_position < 20, "{told:?}");
    servers.stop().await;
}

#[tokio::test]
async fn every_server_of_a_cluster_and_every_copy_is_reported() {
    let cluster = PrivateCluster::start().await;
    let mut place = Place::at(cluster.nats_url()).impatient();
    place.options.streams.replicas = 3;
    eventually("the cluster takes streams", SOON, async || {
        event_store::EventStore::connect(place.options.clone(), &[&ORDERS])
            .await
            .is_ok()
    })
    .await;
    let looking = inspector(&place.options).await;
    let names =
        |servers: Vec<event_store::ServerVersion>| servers.into_iter().map(|server| server.name).collect::<Vec<_>>();
    eventually("all servers answer", SOON, async || {
        names(looking.servers().await) == ["n1", "n2", "n3"]
    })
    .await;
    eventually("all copies are current", SOON, async || {
        let told = looking.stream(&ORDERS).await.ok().flatten();
        told.is_some_and(|told| told.copies.iter().filter(|copy| copy.is_current).count() == 2)
    })
    .await;
    let settings = inspector(&as_system(&place, &cluster.nats_system_url()))
        .await
        .server_settings()
        .await;
    assert!(
        settings
            .iter()
            .all(|server| server.storage.is_some_and(|storage| storage.syncs_always))
    );
    assert_eq!(settings.len(), 3);

    let told = looking.stream(&ORDERS).await.unwrap().unwrap();
    assert!(told.is_clustered);
    let lost = told.copies[0].server.clone();
    cluster
        .kill_node(["n1", "n2", "n3"].iter().position(|name| *name == lost).unwrap())
        .await;

    eventually("one copy is behind", SOON, async || {
        let told = looking.stream(&ORDERS).await.ok().flatten();
        told.is_some_and(|told| told.copies.iter().any(|copy| copy.server == lost && !copy.is_current))
    })
    .await;
    cluster.stop().await;
}
