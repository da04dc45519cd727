//! Streams: created once, refused when events could be lost in them, and protected from deletion.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use event_store::{ConnectError, EventStore, StreamError};

use crate::support::{Foreign, INVOICES, ORDERS, Place, add, fill, load, order, versions, write};

/// The stream settings that the store itself chooses, for tests to change.
async fn safe_settings() -> (Place, Config) {
    let model = Place::shared().await;
    model.store().await;
    let jetstream = model.jetstream().await;
    let mut config = jetstream
        .get_stream(model.stream_name())
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    let place = Place::shared().await;
    config.name = place.stream_name();
    config.subjects = vec![place.subject(ORDERS.subject)];
    (place, config)
}

#[tokio::test]
async fn streams_are_created_once_by_concurrently_starting_stores() {
    let place = Place::shared().await;
    // Not the first stream on servers that have just formed a cluster.
    Place::shared().await.store().await;
    let stores = futures_util::future::join_all((0..8).map(|_| place.connect())).await;

    let stores: Vec<EventStore> = stores.into_iter().map(Result::unwrap).collect();
    add(&stores[0], vec![write(&order("a"), 0, 1)]).await.unwrap();
    drop(stores);

    let again = place.store().await;
    assert_eq!(versions(&load(&again, &order("a")).await), [1]);
    assert_eq!(again.status(&INVOICES).await.unwrap().commits, 0);
}

#[tokio::test]
async fn namespaces_keep_apart() {
    let (one, other) = (Place::shared().await.store().await, Place::shared().await.store().await);

    add(&one, vec![write(&order("a"), 0, 1)]).await.unwrap();

    assert_eq!(load(&other, &order("a")).await, []);
    assert_eq!(other.status(&ORDERS).await.unwrap().last_position, 0);
}

#[tokio::test]
async fn a_stream_in_which_events_could_be_lost_is_refused_and_the_setting_named() {
    type Spoil = fn(&mut Config);
    let cases: [(&str, Spoil); 11] = [
        ("max_age is 3600s, must be 0ns", |c| {
            c.max_age = Duration::from_secs(3600)
        }),
        ("deny_delete is false, must be true", |c| c.deny_delete = false),
        ("deny_purge is false, must be true", |c| c.deny_purge = false),
        ("allow_direct is false, must be true", |c| c.allow_direct = false),
        ("no_ack is true, must be false", |c| c.no_ack = true),
        ("max_msgs is 9, must be -1", |c| c.max_messages = 9),
        ("max_msgs_per_subject is 1, must be -1", |c| {
            c.max_messages_per_subject = 1;
        }),
        ("allow_msg_ttl is true, must be false", |c| c.allow_message_ttl = true),
        ("discard is Old, must be New", |c| c.discard = DiscardPolicy::Old),
        ("storage is Memory, must be File", |c| c.storage = StorageType::Memory),
        ("retention is Interest, must be Limits", |c| {
            c.retention = RetentionPolicy::Interest;
        }),
    ];
    for (difference, spoil) in cases {
        let (place, mut config) = safe_settings().await;
        spoil(&mut config);
        place.jetstream().await.create_stream(config).await.unwrap();

        let refused = EventStore::connect(place.options, &[&ORDERS]).await;

        let Err(ConnectError::Stream(StreamError::Unsafe { stream, differences })) = refused else {
            panic!("{difference}: {refused:?}");
        };
        assert!(stream.ends_with("ORDERS"), "{stream}");
        assert!(differences.contains(difference), "{differences}");
    }
}

#[tokio::test]
async fn a_stream_with_the_settings_of_the_store_is_taken_over() {
    let (place, config) = safe_settings().await;
    place.jetstream().await.create_stream(config).await.unwrap();

    let store = place.store().await;

    add(&store, vec![write(&order("a"), 0, 2)]).await.unwrap();
}

/// The place, with a limit on the size of a stream.
fn limited(mut place: Place, max_bytes: Option<u64>) -> Place {
    place.options.streams.max_bytes = max_bytes;
    place
}

async fn config_of(place: &Place) -> Config {
    let stream = place.jetstream().await.get_stream(place.stream_name()).await.unwrap();
    stream.cached_info().config.clone()
}

#[tokio::test]
async fn an_older_stream_is_changed_to_its_settings_at_a_start_and_keeps_its_events() {
    let (place, wanted) = safe_settings().await;
    let older = Config {
        description: None,
        duplicate_window: Duration::from_secs(120),
        max_bytes: 1_000_000,
        // A setting of the operator's own, which the store leaves alone.
        max_consumers: 9,
        ..wanted.clone()
    };
    place.jetstream().await.create_stream(older).await.unwrap();
    place.publish_foreign(Foreign::WithoutHeaders).await;
    let place = limited(place, Some(2_000_000));

    for _ in 0..2 {
        futures_util::future::join_all((0..4).map(|_| place.store())).await;

        let config = config_of(&place).await;
        assert_eq!(config.description, wanted.description);
        assert_eq!(config.duplicate_window, wanted.duplicate_window);
        assert_eq!((config.max_bytes, config.max_consumers), (2_000_000, 9));
    }
    assert_eq!(place.store().await.status(&ORDERS).await.unwrap().commits, 1);
}

#[tokio::test]
async fn a_limit_moves_above_what_a_stream_holds_and_not_below() {
    let place = Place::shared().await;
    fill(&place.store().await, &order("a"), 20).await;
    for limit in [Some(100_000), Some(50_000), None] {
        let place = limited(place.clone(), limit);
        place.store().await;
        let expected = limit.map_or(-1, u64::cast_signed);
        assert_eq!(config_of(&place).await.max_bytes, expected);
    }

    let refused = EventStore::connect(limited(place.clone(), Some(1_000)).options, &[&ORDERS]).await;

    let Err(ConnectError::Stream(StreamError::Unsafe { differences, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        differences.starts_with("max_bytes is unlimited, must be 1000, which is no more than the "),
        "{differences}"
    );
    assert_eq!(config_of(&place).await.max_bytes, -1);
}

#[tokio::test]
async fn a_store_that_does_not_mend_leaves_a_stream_unchanged_and_refuses_an_unsafe_one() {
    let place = limited(Place::shared().await, Some(100_000));
    place.store().await;
    let mut guest = limited(place.clone(), None);
    guest.options.mends_streams = false;
    guest.store().await;
    assert_eq!(config_of(&place).await.max_bytes, 100_000);

    let (mut place, mut config) = safe_settings().await;
    config.deny_purge = false;
    place.jetstream().await.create_stream(config).await.unwrap();
    place.options.mends_streams = false;
    let refused = EventStore::connect(place.options, &[&ORDERS]).await;
    assert!(
        matches!(refused, Err(ConnectError::Stream(StreamError::Unsafe { .. }))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_setting_that_the_server_does_not_change_is_refused_with_its_reason() {
    let mut place = Place::alone().await;
    place.store().await;
    place.options.streams.replicas = 3;

    let refused = EventStore::connect(place.options.clone(), &[&ORDERS]).await;

    let Err(ConnectError::Stream(StreamError::Unsafe { differences, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        differences.contains("num_replicas is 1, must be 3 or more") && differences.contains("non-clustered"),
        "{differences}"
    );
}

#[tokio::test]
async fn every_difference_is_named_and_none_is_mended_if_one_cannot_be() {
    let (place, mut config) = safe_settings().await;
    config.deny_purge = false;
    config.max_age = Duration::from_secs(60);
    config.duplicate_window = Duration::from_secs(30);
    place.jetstream().await.create_stream(config).await.unwrap();

    let refused = EventStore::connect(place.options.clone(), &[&ORDERS]).await;

    let Err(ConnectError::Stream(StreamError::Unsafe { differences, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        differences,
        "deny_purge is false, must be true; max_age is 60s, must be 0ns; duplicate_window is 30s, must be 1s"
    );
    assert_eq!(config_of(&place).await.duplicate_window, Duration::from_secs(30));
}

#[tokio::test]
async fn events_cannot_be_deleted_or_purged_and_deletion_cannot_be_allowed() {
    let place = Place::shared().await;
    let store = place.store().await;
    fill(&store, &order("a"), 3).await;
    let stream = place.jetstream().await.get_stream(place.stream_name()).await.unwrap();

    assert!(stream.delete_message(2).await.is_err());
    assert!(stream.purge().await.is_err());
    let opened = Config {
        deny_delete: false,
        ..stream.cached_info().config.clone()
    };
    assert!(place.jetstream().await.update_stream(opened).await.is_err());

    assert_eq!(versions(&load(&store, &order("a")).await), [1, 2, 3]);
}

#[tokio::test]
async fn a_namespace_that_is_not_a_valid_token_is_refused() {
    for bad in ["a.b", "*", "a b"] {
        let mut place = Place::shared().await;
        place.options.namespace = bad.to_owned();
        let refused = EventStore::connect(place.options, &[&ORDERS]).await;
        assert!(matches!(refused, Err(ConnectError::Namespace(_))), "{bad}: {refused:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_or_rejects_the_store_is_unreachable() {
    let place = Place::shared().await;
    let address: async_nats::ServerAddr = place.options.url.split(',').next().unwrap().parse().unwrap();
    let wrong_password = format!("nats://nobody:wrong@{}:{}", address.host(), address.port());
    let refused = "cannot connect to NATS: connection refused at 127.0.0.1:1";
    let violation = format!(
        "cannot connect to NATS: authorization violation: nats: authorization violation at {}:{}",
        address.host(),
        address.port()
    );
    for (url, expected) in [
        ("nats://nobody:wrong@127.0.0.1:1", refused),
        (wrong_password.as_str(), violation.as_str()),
    ] {
        let error = EventStore::connect(place.through(url).options, &[&ORDERS]).await;
        let error = error.expect_err("no connection");
        assert!(matches!(error, ConnectError::Unreachable(_)), "{error:?}");
        // The client passes on the server's words, or its own ones.
        assert_eq!(
            error
                .to_string()
                .replace("Authorization Violation", "authorization violation"),
            expected
        );
    }
    for url in ["nats://[", ""] {
        let refused = EventStore::connect(place.through(url).options, &[&ORDERS]).await;
        assert!(matches!(refused, Err(ConnectError::Address(_))), "{url}: {refused:?}");
    }
}
