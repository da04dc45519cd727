//! The settings of an installation: every key of every service, with its default, meaning and range. All services know
//! all keys, because they share one settings file and refuse unknown keys.

mod auth;
mod billing;
mod commands;
mod ranges;
mod reactors;
mod required;

use platform::config::{
    Document, GrpcSettings, HttpSettings, JournalSettings, Loader, NatsSettings, PostgresSettings, ProjectionSettings,
    QuerySettings, SealingSettings, SettingsError, TelemetrySettings, TlsSettings,
};
use serde::{Deserialize, Serialize};

pub use self::{
    auth::AuthSettings,
    billing::{BillingSettings, FeeRuleSettings, FeeSettings, MoneySettings},
    commands::CommandSettings,
    reactors::ReactorSettings,
    required::Required,
};

/// All settings. Their [defaults](Document::DEFAULTS) document the meaning and unit of each field.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The HTTP port and its limits.
    pub http: HttpSettings,
    /// The gRPC port and its limits.
    pub grpc: GrpcSettings,
    /// TLS on both ports.
    pub tls: TlsSettings,
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

impl Document for Settings {
    const DEFAULTS: &'static str = include_str!("../default.toml");

    fn out_of_range(&self) -> Option<(&'static str, &'static str)> {
        self.first_out_of_range()
    }

    fn telemetry(&self) -> &TelemetrySettings {
        &self.telemetry
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
    #[must_use]
    pub fn to_toml_masked(&self) -> String {
        // Plain data always serializes. An empty text would only be shown to a person.
        toml::to_string(self).unwrap_or_default()
    }

    /// The settings of the journal, which come from several sections.
    #[must_use]
    pub fn journal(&self) -> JournalSettings {
        JournalSettings {
            nats: self.nats.clone(),
            sealing: self.sealing.clone(),
            index_dir: self.commands.index_dir.clone(),
            queue_appends: self.commands.queue_appends,
            remembered_aggregates: self.commands.remembered_aggregates,
        }
    }
}
