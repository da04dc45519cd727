//! Starting, stopping, attaching and restarting a pair of servers.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stdout, reason = "the tests print measured times")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use embedded::testing::eventually;
use embedded::{Durability, Environment, Options, attach, start};
use support::{Probe, private_dir, wheels_only};

/// Generous, because the machine may be busy; the measured times are printed.
const COLD: Duration = Duration::from_secs(30);

#[tokio::test]
async fn data_survives_a_restart_in_a_directory_that_only_its_owner_can_enter() {
    let outer = private_dir();
    let data_dir = outer.path().join("data");
    let begin = Instant::now();
    let servers = start(Options::new(&data_dir)).await.unwrap();
    println!("cold start with initdb: {:?}", begin.elapsed());
    assert!(begin.elapsed() < COLD);
    let probe = Probe::of(&servers);
    probe.write("first").await;
    servers.stop().await.unwrap();

    let begin = Instant::now();
    let servers = start(Options::new(&data_dir)).await.unwrap();
    println!("warm start: {:?}", begin.elapsed());
    assert_eq!(Probe::of(&servers).read().await, ["first"]);
    let begin = Instant::now();
    servers.stop().await.unwrap();
    println!("stop: {:?}", begin.elapsed());
}

#[tokio::test]
async fn fetched_wheels_are_used_if_nothing_is_on_path() {
    let outer = private_dir();
    let environment = wheels_only(outer.path());
    let options = || Options {
        environment: environment.clone(),
        ..Options::new(outer.path().join("data"))
    };
    let begin = Instant::now();
    let servers = start(options()).await.unwrap();
    println!("cold start with fetch and initdb: {:?}", begin.elapsed());
    let probe = Probe::of(&servers);
    probe.write("from a wheel").await;
    assert!(probe.postgres_version().await.starts_with("18."));
    servers.stop().await.unwrap();
    let begin = Instant::now();
    let servers = start(options()).await.unwrap();
    println!("warm start of the wheels: {:?}", begin.elapsed());
    assert_eq!(Probe::of(&servers).read().await, ["from a wheel"]);
    servers.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_owner_is_refused_with_the_id_of_the_first() {
    let outer = private_dir();
    let data_dir = outer.path().join("data");
    let servers = start(Options {
        postgres: false,
        ..Options::new(&data_dir)
    })
    .await
    .unwrap();
    let message = start(Options::new(&data_dir)).await.unwrap_err().to_string();
    assert!(
        message.contains(&format!("is in use by process {}", std::process::id())),
        "{message}"
    );
    servers.stop().await.unwrap();
}

#[tokio::test]
async fn another_process_attaches_while_the_servers_run() {
    let outer = private_dir();
    let data_dir = outer.path().join("data");
    assert_eq!(attach(&data_dir).unwrap(), None);
    let servers = start(Options {
        durability: Durability::Relaxed,
        ..Options::new(&data_dir)
    })
    .await
    .unwrap();
    let addresses = attach(&data_dir).unwrap().unwrap();
    assert_eq!(addresses.nats_url.as_deref(), servers.nats_url());
    assert_eq!(addresses.postgres_url.as_deref(), servers.postgres_url());
    assert_eq!(addresses.http_url, None);
    servers.publish_http_url("http://127.0.0.1:8080").unwrap();
    assert_eq!(
        attach(&data_dir).unwrap().unwrap().http_url.as_deref(),
        Some("http://127.0.0.1:8080")
    );
    for file in ["servers.json", "credentials.json", "nats.conf"] {
        let mode = data_dir.join(file).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    servers.stop().await.unwrap();
    assert_eq!(attach(&data_dir).unwrap(), None);
}

#[tokio::test]
async fn dropped_servers_end_and_the_data_can_be_used_again() {
    let outer = private_dir();
    let data_dir = outer.path().join("data");
    let servers = start(Options::new(&data_dir)).await.unwrap();
    let probe = Probe::of(&servers);
    probe.write("before the drop").await;
    drop(servers);
    eventually("both servers are gone", Duration::from_secs(20), async || {
        probe.both_are_gone().await
    })
    .await;
    let servers = start(Options::new(&data_dir)).await.unwrap();
    assert_eq!(Probe::of(&servers).read().await, ["before the drop"]);
    servers.stop().await.unwrap();
}

#[tokio::test]
async fn without_any_binary_or_python_nothing_is_started() {
    let outer = private_dir();
    let options = Options {
        environment: Environment::default(),
        ..Options::new(outer.path().join("data"))
    };
    let message = start(options).await.unwrap_err().to_string();
    assert!(message.contains("no usable nats-server was found"), "{message}");
    assert!(message.contains("install python3 with pip"), "{message}");
}
