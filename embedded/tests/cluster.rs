//! A cluster for tests: it replicates streams, and its nodes stop and start on request.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stdout, reason = "the tests print measured times")]

mod support;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, stream::Config};
use embedded::testing::{PrivateCluster, cluster, eventually};
use support::{is_alive, pid_in};

const SOON: Duration = Duration::from_secs(60);

async fn jetstream(url: &str) -> jetstream::Context {
    let servers: Vec<async_nats::ServerAddr> = url.split(',').map(|url| url.parse().unwrap()).collect();
    let (user, password) = (servers[0].username().unwrap(), servers[0].password().unwrap());
    let options = async_nats::ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned());
    jetstream::new(options.connect(servers).await.unwrap())
}

fn notes() -> Config {
    Config {
        name: "notes".to_owned(),
        num_replicas: 3,
        ..Config::default()
    }
}

async fn publish(jetstream: &jetstream::Context) -> bool {
    match jetstream.publish("notes", "".into()).await {
        Ok(acknowledged) => acknowledged.await.is_ok(),
        Err(_) => false,
    }
}

async fn messages(jetstream: &jetstream::Context) -> u64 {
    let stream = jetstream.get_stream("notes").await.unwrap();
    stream.cached_info().state.messages
}

#[tokio::test]
async fn a_shared_cluster_replicates_and_its_leaders_step_down() {
    let begin = Instant::now();
    let cluster = cluster().await;
    println!("shared cluster: {:?}", begin.elapsed());
    let jetstream = jetstream(cluster.nats_url()).await;
    let stream = jetstream.create_stream(notes()).await.unwrap();
    assert_eq!(stream.cached_info().cluster.as_ref().unwrap().replicas.len(), 2);
    let leader = cluster.leader_of("notes").await;
    let begin = Instant::now();
    cluster.step_down("notes").await;
    println!("step down: {:?}", begin.elapsed());
    assert_ne!(cluster.leader_of("notes").await, leader);
}

#[tokio::test]
async fn nodes_are_killed_stopped_paused_and_started_again() {
    let cluster = PrivateCluster::start().await;
    let all = jetstream(cluster.nats_url()).await;
    all.create_stream(notes()).await.unwrap();
    assert!(publish(&all).await);
    for way in ["kill", "stop", "pause"] {
        let leader = cluster.leader_of("notes").await;
        let begin = Instant::now();
        match way {
            "kill" => cluster.kill_node(leader).await,
            "stop" => cluster.stop_node(leader).await,
            _ => cluster.pause_node(leader).await,
        }
        let other = jetstream(cluster.node_url((leader + 1) % 3)).await;
        eventually("another node leads", SOON, async || publish(&other).await).await;
        println!("a leader after {way}: {:?}", begin.elapsed());
        assert_ne!(cluster.leader_of("notes").await, leader);
        match way {
            "pause" => cluster.resume_node(leader).await,
            _ => cluster.start_node(leader).await,
        }
    }
    // A node that was paused reports for a while what it knew as the leader.
    eventually("every message is there", SOON, async || messages(&all).await == 4).await;
    cluster.stop().await;
}

#[tokio::test]
async fn a_node_whose_port_is_taken_starts_when_it_is_free() {
    let cluster = PrivateCluster::start().await;
    cluster.kill_node(0).await;
    let address: async_nats::ServerAddr = cluster.node_url(0).parse().unwrap();
    let taken = std::net::TcpListener::bind(("127.0.0.1", address.port())).unwrap();
    let log = cluster.data_dir().join("n1/nats.log");
    let give_back = async {
        eventually("the node has met the taken port", SOON, async || {
            std::fs::read_to_string(&log)
                .unwrap()
                .contains("address already in use")
        })
        .await;
        drop(taken);
    };

    tokio::join!(cluster.start_node(0), give_back);

    assert!(jetstream(cluster.node_url(0)).await.query_account().await.is_ok());
    cluster.stop().await;
}

/// Even a paused node ends, although it receives no clean signal.
#[tokio::test]
async fn a_cluster_vanishes_with_its_killed_owner() {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "own_a_cluster_until_killed"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let prefix = format!("anamnesis-test-{}-", owner.id());
    let directories = || {
        let entries = std::fs::read_dir(std::env::temp_dir()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let of_owner = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(&prefix);
        paths.filter(of_owner).collect::<Vec<PathBuf>>()
    };
    eventually("the owner has paused a node", SOON, async || {
        directories()
            .iter()
            .any(|directory| directory.join("data/paused").exists())
    })
    .await;
    let pids = ["n1", "n2", "n3"].map(|node| pid_in(&directories()[0].join("data").join(node).join("nats.pid")));
    assert!(pids.into_iter().all(is_alive));

    owner.kill().unwrap();
    owner.wait().unwrap();

    eventually("the cluster has vanished", SOON, async || {
        directories().is_empty() && !pids.into_iter().any(is_alive)
    })
    .await;
}

/// Not a test: the process that the test above kills.
#[tokio::test]
#[ignore = "run by another test in a process of its own"]
async fn own_a_cluster_until_killed() {
    let cluster = PrivateCluster::start().await;
    cluster.pause_node(1).await;
    std::fs::write(cluster.data_dir().join("paused"), "").unwrap();
    std::future::pending::<()>().await;
}
