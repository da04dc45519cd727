//! The answers of NATS system services, as far as they are used.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{ServerSettings, ServerStorage, ServerVersion};

/// The common part of all these answers.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) server: ServerIdentity,
}

/// The server that answered.
#[derive(Deserialize)]
pub(super) struct ServerIdentity {
    name: String,
    ver: String,
    /// The server's clock.
    pub(super) time: DateTime<Utc>,
}

impl From<ServerIdentity> for ServerVersion {
    fn from(identity: ServerIdentity) -> Self {
        Self {
            name: identity.name,
            version: identity.ver,
        }
    }
}

/// A server's answer to users of its system account.
#[derive(Deserialize)]
pub(super) struct Varz {
    data: VarzData,
}

#[derive(Deserialize)]
struct VarzData {
    server_name: String,
    #[serde(default)]
    gomemlimit: i64,
    #[serde(default)]
    jetstream: VarzJetStream,
}

#[derive(Default, Deserialize)]
struct VarzJetStream {
    config: Option<VarzStorage>,
    stats: Option<VarzUsage>,
}

#[derive(Deserialize)]
struct VarzStorage {
    max_storage: i64,
    #[serde(default)]
    sync_always: bool,
    #[serde(default)]
    sync_interval: u64,
}

#[derive(Deserialize)]
struct VarzUsage {
    storage: u64,
}

impl From<Varz> for ServerSettings {
    fn from(Varz { data }: Varz) -> Self {
        let used_bytes = data.jetstream.stats.map_or(0, |stats| stats.storage);
        let storage = data.jetstream.config.map(|config| ServerStorage {
            syncs_always: config.sync_always,
            sync_interval: Duration::from_nanos(config.sync_interval),
            used_bytes,
            limit_bytes: u64::try_from(config.max_storage).unwrap_or_default(),
        });
        Self {
            name: data.server_name,
            storage,
            // Without a limit the runtime reports the largest number.
            memory_limit_bytes: u64::try_from(data.gomemlimit)
                .ok()
                .filter(|limit| (1..i64::MAX.unsigned_abs()).contains(limit)),
        }
    }
}
