//! What is found out about servers, accounts and streams.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, PeerInfo};

use crate::{Difference, jetstream::api::StreamInfo, jetstream::stream};

/// A server, as every user may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    /// The server's name.
    pub name: String,
    /// Its version, as it writes it.
    pub version: String,
}

/// What a server says of its own settings, to users of its system account only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// The server's name.
    pub name: String,
    /// How it keeps streams; nothing, if it keeps none.
    pub storage: Option<ServerStorage>,
    /// The soft limit on its memory, if it has one.
    pub memory_limit_bytes: Option<u64>,
}

/// How a server keeps streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerStorage {
    /// Whether every write is on disk before it is acknowledged (`sync_interval: always`).
    pub syncs_always: bool,
    /// Otherwise: how long an acknowledged write may be in memory only.
    pub sync_interval: Duration,
    /// How much its streams take on disk.
    pub used_bytes: u64,
    /// How much they may take.
    pub limit_bytes: u64,
}

/// A limit on what the account may store, and how much of it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLimit {
    /// Of which number of copies, such as `R3`; nothing, if the limit is on everything.
    pub tier: Option<String>,
    /// How much is taken.
    pub used_bytes: u64,
    /// How much may be.
    pub limit_bytes: u64,
}

/// What a stream is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamReport {
    /// How many commits it holds.
    pub commits: u64,
    /// The sequence of its last commit; 0 when it has none.
    pub last_position: u64,
    /// How much they take.
    pub used_bytes: u64,
    /// How much they may take, if there is a limit.
    pub limit_bytes: Option<u64>,
    /// How much the server has found missing when it last opened the stream's files.
    pub lost_bytes: u64,
    /// How many sequences below the last one hold no commit.
    pub deleted: u64,
    /// On how many servers it is to be.
    pub replicas: usize,
    /// Whether its server is one of a cluster.
    pub is_clustered: bool,
    /// The server that takes appends, if any does.
    pub leader: Option<String>,
    /// The copies beside the leader's.
    pub copies: Vec<CopyReport>,
    /// Where its settings are not what they must be.
    pub differences: Vec<Difference>,
}

/// A copy of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyReport {
    /// The server that has it.
    pub server: String,
    /// Whether it has all that the leader has.
    pub is_current: bool,
    /// Whether its server is away.
    pub is_offline: bool,
    /// How many operations it is behind.
    pub lag: u64,
}

impl StreamReport {
    /// Puts together what the API says of a stream, and where it is not as wanted.
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
            // Of a stream that never held anything the server says that one is deleted.
            deleted: if state.last_seq == 0 { 0 } else { state.num_deleted },
            replicas: config.num_replicas,
            is_clustered: cluster.name.is_some(),
            leader: cluster.leader,
            copies: cluster.replicas.into_iter().map(copy).collect(),
            differences: stream::differences(&config, state.bytes, wanted),
        }
    }
}
