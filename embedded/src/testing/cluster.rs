//! A NATS cluster of three nodes for tests of replication and changes of leader.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::jetstream;
use futures_util::StreamExt as _;
use rustix::process::Signal;
use tokio::sync::watch;

use super::nodes::{self, NODE_NAMES};
use super::{Scratch, eventually, must, options, shared};
use crate::credentials::Credentials;
use crate::nats;
use crate::server::STOP_SIGNAL;
use crate::supervisor::{GivenUp, Supervised};

/// How long the nodes may take to agree on a leader. An election alone takes up to nine seconds.
const AGREEMENT: Duration = Duration::from_secs(60);
/// How long a message between two nodes may take before another one is sent.
const HEARING: Duration = Duration::from_millis(25);

/// The cluster that all tests of a process share. It lives until the process ends.
#[derive(Debug)]
pub struct SharedCluster(PrivateCluster);

impl SharedCluster {
    /// The URLs of all nodes, with credentials, separated by commas.
    pub fn nats_url(&self) -> &str {
        self.0.nats_url()
    }

    /// As [`PrivateCluster::leader_of`].
    pub async fn leader_of(&self, stream: &str) -> usize {
        self.0.leader_of(stream).await
    }

    /// As [`PrivateCluster::step_down`].
    pub async fn step_down(&self, stream: &str) {
        self.0.step_down(stream).await;
    }
}

/// The shared cluster, started on first use.
pub async fn cluster() -> &'static SharedCluster {
    static CLUSTER: shared::Shared<SharedCluster> = shared::Shared::new();
    CLUSTER
        .get("cluster", async || {
            let cluster = PrivateCluster::start().await;
            let given_up = cluster.given_up.clone();
            (SharedCluster(cluster), given_up)
        })
        .await
}

/// A cluster of three nodes owned by one test, which can stop and start nodes. Nodes are numbered from 0.
#[derive(Debug)]
pub struct PrivateCluster {
    nodes: Vec<Node>,
    url: String,
    given_up: watch::Receiver<Option<GivenUp>>,
    /// Dropped after the nodes have been told to end.
    scratch: Scratch,
}

#[derive(Debug)]
struct Node {
    url: String,
    server: Supervised,
}

impl PrivateCluster {
    /// Starts a cluster on empty data, and waits until it can replicate streams.
    pub async fn start() -> Self {
        let scratch = Scratch::new().await;
        let started = must("start a cluster", nodes::start(&scratch, &options(&scratch)).await);
        let (sender, given_up) = watch::channel(None);
        let nodes: Vec<Node> = started
            .into_iter()
            .map(|(server, process)| Node {
                url: server.url.clone(),
                server: Supervised::new(server, process, sender.clone()),
            })
            .collect();
        let urls: Vec<&str> = nodes.iter().map(|node| node.url.as_str()).collect();
        let cluster = Self {
            url: urls.join(","),
            nodes,
            given_up,
            scratch,
        };
        cluster.connects().await;
        cluster.replicates().await;
        cluster
    }

    /// Stops all nodes.
    pub async fn stop(self) {
        for node in self.nodes {
            // A paused node does not receive a clean signal.
            node.server.halt(Signal::KILL).await;
        }
    }

    /// The URLs of all nodes, with credentials, separated by commas.
    pub fn nats_url(&self) -> &str {
        &self.url
    }

    /// The URL of the first node for a user of its system account, with credentials.
    pub fn nats_system_url(&self) -> String {
        let url = self.node_url(0);
        let port = url.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        let credentials = must("read the credentials", Credentials::load_or_create(&self.data_dir()));
        nats::system_url(&credentials, port.unwrap_or_default())
    }

    /// The URL of one node, with credentials.
    pub fn node_url(&self, node: usize) -> &str {
        &self.nodes[node].url
    }

    /// The directory with one directory per node: `n1`, `n2`, `n3`.
    pub fn data_dir(&self) -> PathBuf {
        self.scratch.data_dir()
    }

    /// Kills a node as `kill -9` does. It stays down until [`PrivateCluster::start_node`].
    pub async fn kill_node(&self, node: usize) {
        self.nodes[node].server.halt(Signal::KILL).await;
    }

    /// Stops a node cleanly. It stays down until [`PrivateCluster::start_node`].
    pub async fn stop_node(&self, node: usize) {
        self.nodes[node].server.halt(STOP_SIGNAL).await;
    }

    /// Starts a node again on the same data and ports, and waits until it answers. Another node must be up.
    pub async fn start_node(&self, node: usize) {
        let mut outcome = Ok(());
        // A connection of another process can hold the port for a moment.
        eventually("the node starts", AGREEMENT, async || {
            outcome = self.nodes[node].server.resume().await;
            outcome.is_ok()
        })
        .await;
    }

    /// Pauses a node: its connections stay open, but it neither receives nor sends until
    /// [`PrivateCluster::resume_node`].
    pub async fn pause_node(&self, node: usize) {
        self.nodes[node].server.signal(Signal::STOP).await;
    }

    /// Resumes a paused node.
    pub async fn resume_node(&self, node: usize) {
        self.nodes[node].server.signal(Signal::CONT).await;
    }

    /// The node that leads a stream. Waits until there is a leader.
    pub async fn leader_of(&self, stream: &str) -> usize {
        let mut leader = None;
        eventually("the stream has a leader", AGREEMENT, async || {
            leader = self.present_leader_of(stream).await;
            leader.is_some()
        })
        .await;
        leader.unwrap_or_default()
    }

    /// Makes the leader of a stream step down, and waits for a new leader.
    pub async fn step_down(&self, stream: &str) {
        eventually("the leader steps down", AGREEMENT, async || {
            let Some(context) = self.jetstream().await else {
                return false;
            };
            let subject = format!("STREAM.LEADER.STEPDOWN.{stream}");
            let answer: Result<serde_json::Value, _> = context.request(subject, &serde_json::json!({})).await;
            answer.is_ok_and(|answer| answer["success"] == true)
        })
        .await;
        self.leader_of(stream).await;
    }

    async fn present_leader_of(&self, stream: &str) -> Option<usize> {
        let stream = self.jetstream().await?.get_stream(stream).await.ok()?;
        let name = stream.cached_info().cluster.as_ref()?.leader.clone()?;
        NODE_NAMES.iter().position(|node| *node == name)
    }

    /// Waits until every node can reach every other one. A stream can be replicated earlier, once one node can reach
    /// both others.
    async fn connects(&self) {
        let mut clients = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            clients.push(must("connect to a node", nats::connect(&node.url).await));
        }
        for listener in &clients {
            for speaker in &clients {
                let subject = listener.new_inbox();
                let mut heard = must("listen to a node", listener.subscribe(subject.clone()).await);
                // The speaker's node learns about the subscription a moment after the listener's own node.
                eventually("the nodes hear each other", AGREEMENT, async || {
                    let said =
                        speaker.publish(subject.clone(), "probe".into()).await.is_ok() && speaker.flush().await.is_ok();
                    said && tokio::time::timeout(HEARING, heard.next()).await.is_ok()
                })
                .await;
            }
        }
    }

    /// Waits until a stream with one replica per node can be created.
    async fn replicates(&self) {
        let config = jetstream::stream::Config {
            name: "probe".to_owned(),
            num_replicas: self.nodes.len(),
            ..jetstream::stream::Config::default()
        };
        eventually("streams are replicated", AGREEMENT, async || {
            let Some(context) = self.jetstream().await else {
                return false;
            };
            context.get_or_create_stream(config.clone()).await.is_ok() && context.delete_stream("probe").await.is_ok()
        })
        .await;
    }

    /// JetStream, through one of the nodes that answer.
    async fn jetstream(&self) -> Option<jetstream::Context> {
        for node in &self.nodes {
            if let Ok(client) = nats::connect(&node.url).await {
                return Some(nats::jetstream(client));
            }
        }
        None
    }
}
