//! Reports on servers, accounts and streams.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, PeerInfo};

use crate::{Difference, jetstream::api::StreamInfo, jetstream::stream};

/// A server's name and version, which every user may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    /// The server's name.
    pub name: String,
    /// The version, as the server writes it.
    pub version: String,
}

/// A server's settings, which only users of its system account may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// The server's name.
    pub name: String,
    /// How the server stores streams; `None` if it stores none.
    pub storage: Option<ServerStorage>,
    /// The soft limit on its memory, if it has one.
    pub memory_limit_bytes: Option<u64>,
}

/// How a server stores streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerStorage {
    /// Whether every write is on disk before it is acknowledged (`sync_interval: always`).
    pub syncs_always: bool,
    /// Otherwise, how long an acknowledged write may exist in memory only.
    pub sync_interval: Duration,
    /// The disk space that its streams use.
    pub used_bytes: u64,
    /// The disk space that they may use.
    pub limit_bytes: u64,
}

/// A limit on the account's storage, and its present use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLimit {
    /// The number of copies that the limit applies to, such as `R3`; `None` if it applies to everything.
    pub tier: Option<String>,
    /// The storage in use.
    pub used_bytes: u64,
    /// The limit.
    pub limit_bytes: u64,
}

/// A report on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamReport {
    /// How many commits it holds.
    pub commits: u64,
    /// The sequence of its last commit; 0 if it has none.
    pub last_position: u64,
    /// The size of its commits.
    pub used_bytes: u64,
    /// The limit on their size, if there is one.
    pub limit_bytes: Option<u64>,
    /// How many bytes were missing when the server last opened the stream's files.
    pub lost_bytes: u64,
    /// How many sequences below the last one hold no commit.
    pub deleted: u64,
    /// The configured number of copies.
    pub replicas: usize,
    /// Whether the stream's server is part of a cluster.
    pub is_clustered: bool,
    /// The leader, which accepts appends, if there is one.
    pub leader: Option<String>,
    /// The copies other than the leader's.
    pub copies: Vec<CopyReport>,
    /// The settings that differ from their required values.
    pub differences: Vec<Difference>,
}

/// A copy of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyReport {
    /// The server that holds it.
    pub server: String,
    /// Whether it has everything that the leader has.
    pub is_current: bool,
    /// Whether its server is offline.
    pub is_offline: bool,
    /// How many operations it lags behind.
    pub lag: u64,
}

impl StreamReport {
    /// Combines the API's information about a stream with the differences from its required settings.
    pub(super) fn new(info: StreamInfo, wanted: &Config) -> Self {
        let StreamInfo { config, state, cluster } = info;
        let cluster = cluster.unwrap_or_default();
        let copy = |peer: PeerInfo| CopyReport {
            server: peer.name,
            is_current: peer.current,
            is_offline: peer.offline,
            lag: peer.lag.unwrap_or_default(),
        };
        Self {
            commits: state.messages,
            last_position: state.last_seq,
            used_bytes: state.bytes,
            limit_bytes: u64::try_from(config.max_bytes).ok().filter(|limit| *limit > 0),
            lost_bytes: state.lost.map_or(0, |lost| lost.bytes),
            // The server reports one deleted message for a stream that never held any.
            deleted: if state.last_seq == 0 { 0 } else { state.num_deleted },
            replicas: config.num_replicas,
            is_clustered: cluster.name.is_some(),
            leader: cluster.leader,
            copies: cluster.replicas.into_iter().map(copy).collect(),
            differences: stream::differences(&config, state.bytes, wanted),
        }
    }
}
