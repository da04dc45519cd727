//! The settings of every service as one typed value. No other code in the workspace reads the environment. Secrets
//! print as asterisks.

mod auth;
mod list;
mod load;
mod reactors;
mod required;
mod secret;

use std::{net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

pub use auth::AuthSettings;
pub use load::{Loader, Origin, SettingsError};
pub use reactors::{BillingSettings, FeeRuleSettings, FeeSettings, MoneySettings, ReactorSettings};
pub use required::Required;
pub use secret::{Secret, SecretUrl};

/// The default settings as an annotated file: every setting with its unit, meaning and default.
pub const DEFAULTS: &str = include_str!("default.toml");

/// All settings. [`DEFAULTS`] documents the meaning and unit of each field.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The HTTP port and its limits.
    pub http: HttpSettings,
    /// The gRPC port and its limits.
    pub grpc: GrpcSettings,
    /// The connection to the event log.
    pub nats: NatsSettings,
    /// The connection to the read models.
    pub postgres: PostgresSettings,
    /// The sealing of personal data.
    pub sealing: SealingSettings,
    /// Accounts and access tokens.
    pub auth: AuthSettings,
    /// The command side.
    pub commands: CommandSettings,
    /// The reactors.
    pub reactors: ReactorSettings,
    /// The fees.
    pub billing: BillingSettings,
    /// The projectors.
    pub projections: ProjectionSettings,
    /// The query side.
    pub queries: QuerySettings,
    /// Logs and traces.
    pub telemetry: TelemetrySettings,
}

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
    /// The maximum number of concurrent requests.
    pub max_concurrent_requests: usize,
    /// How long requests in progress may take after shutdown begins.
    pub shutdown_grace_ms: u64,
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

/// The command side.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CommandSettings {
    /// The secret in the fingerprint of an e-mail address; empty to generate one.
    pub email_pepper: Secret,
    /// The folder of the local indexes; empty for temporary ones.
    pub index_dir: PathBuf,
    /// The maximum number of waiting commands per stream.
    pub queue_appends: usize,
    /// The systems of identifiers that no two patients share.
    #[serde(deserialize_with = "list::deserialize")]
    pub unique_identifier_systems: Vec<String>,
    /// The number of aggregates that are cached.
    pub remembered_aggregates: usize,
    /// The roles of callers while requests are not authenticated.
    #[serde(deserialize_with = "list::deserialize")]
    pub anonymous_roles: Vec<String>,
    /// How far ahead an appointment can be booked.
    pub booking_horizon_days: u32,
    /// How long before the start of an appointment its patient can be recorded as arrived.
    pub early_arrival_minutes: u32,
    /// How long before its start an appointment can be recorded as fulfilled.
    pub early_fulfilment_minutes: u32,
    /// How long after its start an appointment cannot be recorded as a no-show.
    pub no_show_grace_minutes: u32,
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

impl Settings {
    /// The built-in defaults, with nothing else applied.
    ///
    /// # Errors
    /// Never for the built-in file, which a test reads.
    pub fn defaults() -> Result<Self, SettingsError> {
        Loader::new().load()
    }

    /// The settings as TOML, with secrets and the passwords in URLs masked.
    pub fn to_toml_masked(&self) -> String {
        // Plain data always serializes. An empty text would only be shown to a person.
        toml::to_string(self).unwrap_or_default()
    }

    /// The first setting that is out of range, with its requirement. It covers what the types cannot express.
    fn out_of_range(&self) -> Option<(&'static str, &'static str)> {
        let positive = "must be 1 or more";
        let rules = [
            (
                "http.header_read_timeout_ms",
                self.http.header_read_timeout_ms > 0,
                positive,
            ),
            ("http.request_timeout_ms", self.http.request_timeout_ms > 0, positive),
            ("http.body_limit_bytes", self.http.body_limit_bytes > 0, positive),
            ("http.max_connections", self.http.max_connections > 0, positive),
            (
                "http.max_concurrent_requests",
                self.http.max_concurrent_requests > 0,
                positive,
            ),
            ("grpc.request_timeout_ms", self.grpc.request_timeout_ms > 0, positive),
            ("grpc.max_connections", self.grpc.max_connections > 0, positive),
            (
                "grpc.max_concurrent_calls",
                self.grpc.max_concurrent_calls > 0,
                positive,
            ),
            (
                "nats.namespace",
                is_stream_prefix(&self.nats.namespace),
                "must be letters, digits, `-` and `_` only",
            ),
            (
                "nats.replicas",
                matches!(self.nats.replicas, 1 | 3 | 5),
                "must be 1, 3 or 5",
            ),
            (
                "nats.max_stream_bytes",
                i64::try_from(self.nats.max_stream_bytes).is_ok(),
                "must be below 2^63",
            ),
            ("nats.request_timeout_ms", self.nats.request_timeout_ms > 0, positive),
            (
                "postgres.max_connections",
                self.postgres.max_connections > 2,
                "must be 3 or more: queries and reactors each keep one for listening",
            ),
            (
                "queries.max_wait_ms",
                self.queries.max_wait_ms < self.http.request_timeout_ms,
                "must be below http.request_timeout_ms",
            ),
            (
                "postgres.acquire_timeout_ms",
                self.postgres.acquire_timeout_ms > 0,
                positive,
            ),
            (
                "postgres.list_locale",
                is_language_tag(&self.postgres.list_locale),
                "must be a language tag such as und, sv or de-u-co-phonebk",
            ),
            ("commands.queue_appends", self.commands.queue_appends > 0, positive),
            (
                "commands.remembered_aggregates",
                self.commands.remembered_aggregates > 0,
                positive,
            ),
            ("sealing.cached_keys", self.sealing.cached_keys > 0, positive),
            (
                "sealing.master_keys",
                self.sealing.master_keys.is_empty() || self.sealing.master_keys_file.as_os_str().is_empty(),
                "must be empty when sealing.master_keys_file is set",
            ),
            ("auth.audience", !self.auth.audience.is_empty(), "must not be empty"),
            (
                "auth.access_token_minutes",
                (1..=60).contains(&self.auth.access_token_minutes),
                "must be from 1 to 60",
            ),
            (
                "auth.session_idle_minutes",
                self.auth.session_idle_minutes > self.auth.access_token_minutes,
                "must be above auth.access_token_minutes",
            ),
            (
                "auth.session_max_minutes",
                self.auth.session_max_minutes >= self.auth.session_idle_minutes,
                "must not be below auth.session_idle_minutes",
            ),
            (
                "auth.concurrent_hashes",
                (1..=256).contains(&self.auth.concurrent_hashes),
                "must be from 1 to 256",
            ),
            (
                "auth.waiting_hashes",
                (1..=65_536).contains(&self.auth.waiting_hashes),
                "must be from 1 to 65536",
            ),
            (
                "reactors.max_concurrent_events",
                (1..=256).contains(&self.reactors.max_concurrent_events),
                "must be from 1 to 256",
            ),
            (
                "reactors.hold_ms",
                self.reactors.hold_ms >= 1_000,
                "must be 1000 or more",
            ),
            ("reactors.max_wait_ms", self.reactors.max_wait_ms > 0, positive),
            ("reactors.max_attempts", self.reactors.max_attempts > 0, positive),
            (
                "reactors.retry_initial_ms",
                self.reactors.retry_initial_ms > 0,
                positive,
            ),
            (
                "reactors.retry_max_ms",
                self.reactors.retry_max_ms >= self.reactors.retry_initial_ms,
                "must not be below reactors.retry_initial_ms",
            ),
            ("projections.batch_events", self.projections.batch_events > 0, positive),
            ("projections.batch_bytes", self.projections.batch_bytes > 0, positive),
            (
                "projections.max_parked_events",
                self.projections.max_parked_events > 0,
                positive,
            ),
            (
                "projections.retry_initial_ms",
                self.projections.retry_initial_ms > 0,
                positive,
            ),
            (
                "projections.retry_max_ms",
                self.projections.retry_max_ms >= self.projections.retry_initial_ms,
                "must not be below projections.retry_initial_ms",
            ),
            (
                "telemetry.otlp_endpoint",
                self.telemetry.otlp_endpoint.is_empty() || self.telemetry.otlp_endpoint.starts_with("http://"),
                "must be empty or start with http://",
            ),
            (
                "telemetry.sample_ratio",
                (0.0..=1.0).contains(&self.telemetry.sample_ratio),
                "must be from 0 to 1",
            ),
        ];
        rules
            .into_iter()
            .find_map(|(key, holds, must)| (!holds).then_some((key, must)))
    }
}

/// Letters and digits in parts of at most 8, as in every BCP 47 language tag.
fn is_language_tag(text: &str) -> bool {
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    text.len() <= 64 && text.split('-').all(is_part)
}

/// A stream's name must not contain dots, spaces or wildcards, so neither may its prefix.
fn is_stream_prefix(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
