//! Inspection of the log's servers and streams, without opening the log. It changes nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
pub use event_store::{
    AccountLimit, CopyReport, Difference, ServerSettings, ServerStorage, ServerVersion, StreamReport,
};
use event_store::{ConnectError, Inspector, ParkingError, StreamError};
use platform::config::NatsSettings;

use crate::{Context, journal::options_to_look};

/// Reads information about the log's servers and streams.
#[derive(Debug)]
pub struct LogInspector(Inspector);

impl LogInspector {
    /// Connects to the servers of the log.
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

    /// The clock of the connected server.
    ///
    /// # Errors
    /// The reason why the server does not answer.
    pub async fn time(&self) -> Result<DateTime<Utc>, String> {
        self.0.time().await
    }

    /// The limits on storage.
    ///
    /// # Errors
    /// The reason why the server does not answer.
    pub async fn account_limits(&self) -> Result<Vec<AccountLimit>, String> {
        self.0.account_limits().await
    }

    /// A report on a context's stream, or `None` if it does not exist.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn stream(&self, context: Context) -> Result<Option<StreamReport>, StreamError> {
        self.0.stream(context.definition()).await
    }

    /// The number of parked events, by stream name and reactor.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn parked(&self) -> Result<BTreeMap<(String, String), u64>, ParkingError> {
        self.0.parked().await
    }
}

/// The servers' own settings, as shown to the user of their system account in `nats.system_url`.
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
