//! Looking at the log without opening it: what its servers and streams are like. It changes nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
pub use event_store::{
    AccountLimit, CopyReport, Difference, ServerSettings, ServerStorage, ServerVersion, StreamReport,
};
use event_store::{ConnectError, Inspector, ParkingError, StreamError};
use platform::config::NatsSettings;

use crate::{Context, journal::options_to_look};

/// Looks at the log.
#[derive(Debug)]
pub struct LogInspector(Inspector);

impl LogInspector {
    /// Connects to where the log is.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn connect(nats: &NatsSettings) -> Result<Self, ConnectError> {
        Ok(Self(Inspector::connect(options_to_look(nats)).await?))
    }

    /// The servers, with their versions.
    pub async fn servers(&self) -> Vec<ServerVersion> {
        self.0.servers().await
    }

    /// The clock of the server that is connected to.
    ///
    /// # Errors
    /// It does not tell. The text says why.
    pub async fn time(&self) -> Result<DateTime<Utc>, String> {
        self.0.time().await
    }

    /// The limits on what may be stored.
    ///
    /// # Errors
    /// The server does not tell. The text says why.
    pub async fn account_limits(&self) -> Result<Vec<AccountLimit>, String> {
        self.0.account_limits().await
    }

    /// What a context's stream is like; nothing, if it does not exist.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn stream(&self, context: Context) -> Result<Option<StreamReport>, StreamError> {
        self.0.stream(context.definition()).await
    }

    /// How much reactors gave up on, by the name of the stream and that of the reactor.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn parked(&self) -> Result<BTreeMap<(String, String), u64>, ParkingError> {
        self.0.parked().await
    }
}

/// What the servers say of their own settings to the user of their system account that `nats.system_url` names.
///
/// # Errors
/// The server cannot be reached as that user.
pub async fn server_settings(nats: &NatsSettings) -> Result<Vec<ServerSettings>, ConnectError> {
    let as_system = NatsSettings {
        url: nats.system_url.clone(),
        ..nats.clone()
    };
    let looking = Inspector::connect(options_to_look(&as_system)).await?;
    Ok(looking.server_settings().await)
}
