//! Loads settings from defaults, a file, the environment and flags, and describes the technical ones. No other code in
//! the workspace reads the environment. Secrets print as asterisks.

mod cors;
pub mod list;
mod load;
mod optional;
mod proxies;
mod rate_limits;
mod secret;
mod tls;

use std::{net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

pub use cors::{CorsSettings, WebOrigin};
pub use load::{Document, Loader, Origin, SettingsError, variable};
pub use proxies::{AddressBlock, ForwardedHeader};
pub use rate_limits::{RateLimitSettings, RateSettings};
pub use secret::{Secret, SecretUrl};
pub use tls::TlsSettings;

/// The HTTP port and its limits.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// The address and port to listen on.
    pub listen: SocketAddr,
    /// The timeout for a request's head.
    pub header_read_timeout_ms: u64,
    /// The timeout from a request to the head of its response.
    pub request_timeout_ms: u64,
    /// The maximum size of a request body.
    pub body_limit_bytes: usize,
    /// The maximum number of open connections.
    pub max_connections: usize,
    /// The maximum number of open connections of one address.
    pub max_connections_per_address: usize,
    /// The maximum number of concurrent requests.
    pub max_concurrent_requests: usize,
    /// How long requests in progress may take after shutdown begins.
    pub shutdown_grace_ms: u64,
    /// The address and port for operations; `None` to serve them on `listen`.
    #[serde(with = "optional")]
    pub operations_listen: Option<SocketAddr>,
    /// Whether a proxy in front terminates TLS.
    pub behind_tls_proxy: bool,
    /// The proxies whose word about a client's address is taken.
    #[serde(deserialize_with = "list::deserialize")]
    pub trusted_proxies: Vec<AddressBlock>,
    /// The header in which these proxies name it.
    pub forwarded_header: ForwardedHeader,
    /// The rate limits.
    pub rate_limits: RateLimitSettings,
    /// Which web pages may call the API.
    pub cors: CorsSettings,
}

/// The gRPC port and its limits.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GrpcSettings {
    /// The address and port to listen on.
    pub listen: SocketAddr,
    /// The timeout of a call. A client's deadline can only be shorter.
    pub request_timeout_ms: u64,
    /// The maximum number of open connections.
    pub max_connections: usize,
    /// The maximum number of concurrent calls.
    pub max_concurrent_calls: usize,
}

/// The connection to the event log.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NatsSettings {
    /// One or more server URLs; empty for the embedded server.
    pub url: SecretUrl,
    /// The prefix of every stream's name; may be empty.
    pub namespace: String,
    /// The number of servers that store each event.
    pub replicas: usize,
    /// The cluster that keeps the streams; empty to let NATS choose.
    pub placement_cluster: String,
    /// The tags of the servers that keep the streams, separated by commas; empty to let NATS choose.
    pub placement_tags: String,
    /// The maximum size of each stream; 0 for no limit.
    pub max_stream_bytes: u64,
    /// The URL of a user in the system account, for `anamnesis doctor`; empty for none.
    pub system_url: SecretUrl,
    /// The timeout of one request.
    pub request_timeout_ms: u64,
}

/// The connection to the read models.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PostgresSettings {
    /// The database URL; empty for the embedded server.
    pub url: SecretUrl,
    /// The maximum number of connections per service.
    pub max_connections: u32,
    /// How long a request waits for a free connection.
    pub acquire_timeout_ms: u64,
    /// The locale whose alphabet lists are sorted by.
    pub list_locale: String,
}

/// The sealing of personal data.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SealingSettings {
    /// The master keys, separated by commas, the current one first; empty if a file holds them or none is needed.
    pub master_keys: Secret,
    /// The file that holds them, one per line; empty for none.
    pub master_keys_file: PathBuf,
    /// The maximum number of people's keys in memory.
    pub cached_keys: usize,
}

impl SealingSettings {
    /// Whether a master key is configured.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.master_keys.is_empty() || !self.master_keys_file.as_os_str().is_empty()
    }
}

/// What the journal needs to know of the settings.
#[derive(Clone, Debug)]
pub struct JournalSettings {
    /// The connection to the event log.
    pub nats: NatsSettings,
    /// The sealing of personal data.
    pub sealing: SealingSettings,
    /// The folder of the local indexes; empty for temporary ones.
    pub index_dir: PathBuf,
    /// The maximum number of waiting commands per stream.
    pub queue_appends: usize,
    /// The number of aggregates that are cached.
    pub remembered_aggregates: usize,
}

/// The projectors.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectionSettings {
    /// The maximum number of events in one transaction.
    pub batch_events: usize,
    /// The maximum size of events in one transaction.
    pub batch_bytes: usize,
    /// The maximum number of events that a projection parks.
    pub max_parked_events: usize,
    /// The first wait after a failed write.
    pub retry_initial_ms: u64,
    /// The longest wait after a failed write.
    pub retry_max_ms: u64,
}

/// The query side.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct QuerySettings {
    /// The longest wait of a query for a position that it requires.
    pub max_wait_ms: u64,
}

/// Logs and traces.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySettings {
    /// The log format.
    pub log_format: LogFormat,
    /// A level, or levels by module.
    pub log_filter: String,
    /// The URL of the OTLP/gRPC collector; empty for none.
    pub otlp_endpoint: String,
    /// The share of traces that are sent, from 0 to 1.
    pub sample_ratio: f64,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(try_from = "String", rename_all = "lowercase")]
pub enum LogFormat {
    /// Coloured text for people.
    Pretty,
    /// One JSON object per line.
    Json,
}

impl TryFrom<String> for LogFormat {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        match name.as_str() {
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err("must be pretty or json"),
        }
    }
}
