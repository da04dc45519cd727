//! The servers that the tests run on: one, or a cluster of three with a copy of every stream on each.

use std::path::Path;

use embedded::testing::{self, PrivateCluster, PrivateServers};

use super::Place;

/// The number of copies of a stream: 1, or the value of `EVENT_STORE_TEST_REPLICAS`, which can be 3.
pub(crate) fn replicas() -> usize {
    #[allow(
        clippy::disallowed_methods,
        reason = "the only way to run the tests of a package in two ways"
    )]
    let asked = std::env::var("EVENT_STORE_TEST_REPLICAS");
    match asked.as_deref() {
        Err(_) | Ok("1") => 1,
        Ok("3") => 3,
        Ok(other) => panic!("EVENT_STORE_TEST_REPLICAS can be 1 or 3, not {other}"),
    }
}

/// The URL of the servers that all tests of this process share.
pub(crate) async fn shared_url() -> &'static str {
    match replicas() {
        1 => testing::servers().await.nats_url(),
        _ => testing::cluster().await.nats_url(),
    }
}

/// A test's own servers, which it may stop and start.
pub(crate) enum OwnServers {
    One(PrivateServers),
    Cluster(PrivateCluster),
}

impl OwnServers {
    pub(crate) async fn start() -> Self {
        match replicas() {
            1 => Self::One(PrivateServers::start().await),
            _ => Self::Cluster(PrivateCluster::start().await),
        }
    }

    pub(crate) async fn stop(self) {
        match self {
            Self::One(server) => server.stop().await,
            Self::Cluster(cluster) => cluster.stop().await,
        }
    }

    pub(crate) fn nats_url(&self) -> &str {
        match self {
            Self::One(server) => server.nats_url(),
            Self::Cluster(cluster) => cluster.nats_url(),
        }
    }

    /// Kills the leader of a place's stream, runs something, and starts the server again.
    pub(crate) async fn without_the_leader<T>(&self, place: &Place, during: impl Future<Output = T>) -> T {
        match self {
            Self::One(server) => {
                server.kill_nats().await;
                let outcome = during.await;
                server.start_nats().await;
                outcome
            }
            Self::Cluster(cluster) => {
                let leader = cluster.leader_of(&place.stream_name()).await;
                cluster.kill_node(leader).await;
                let outcome = during.await;
                cluster.start_node(leader).await;
                outcome
            }
        }
    }

    /// Kills all servers, runs something, and starts them again.
    pub(crate) async fn without_any<T>(&self, during: impl Future<Output = T>) -> T {
        self.end_all(Signal::Kill).await;
        let outcome = during.await;
        self.start_all().await;
        outcome
    }

    /// Stops all servers cleanly, runs something on their data directory, and starts them again.
    pub(crate) async fn between_runs(&self, during: impl FnOnce(&Path)) {
        self.end_all(Signal::Stop).await;
        match self {
            Self::One(server) => during(server.servers().data_dir()),
            Self::Cluster(cluster) => during(&cluster.data_dir()),
        }
        self.start_all().await;
    }

    async fn end_all(&self, signal: Signal) {
        match (self, signal) {
            (Self::One(server), Signal::Kill) => server.kill_nats().await,
            (Self::One(server), Signal::Stop) => server.stop_nats().await,
            (Self::Cluster(cluster), signal) => {
                for node in 0..3 {
                    match signal {
                        Signal::Kill => cluster.kill_node(node).await,
                        Signal::Stop => cluster.stop_node(node).await,
                    }
                }
            }
        }
    }

    async fn start_all(&self) {
        match self {
            Self::One(server) => server.start_nats().await,
            Self::Cluster(cluster) => {
                // No node answers before another one is there.
                futures_util::future::join_all((0..3).map(|node| cluster.start_node(node))).await;
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Signal {
    Kill,
    Stop,
}
