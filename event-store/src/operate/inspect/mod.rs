//! Information about servers and streams, for operators. It changes nothing, and accepts servers and streams that the
//! store itself would refuse.

mod answers;
mod report;

use std::{collections::BTreeMap, time::Duration};

use async_nats::{Request, jetstream::account::Account};
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

pub use report::{AccountLimit, CopyReport, ServerSettings, ServerStorage, ServerVersion, StreamReport};

use crate::{
    ConnectError, Options, ParkingError, StreamDefinition, StreamError, follow::parking, jetstream::api::ApiFault,
    jetstream::stream, jetstream::wire::Wire, store,
};
use answers::{Answer, Varz};

/// All servers of a cluster answer the same request, and their number is unknown. This long after the last answer,
/// the wait for further answers ends.
const QUIET: Duration = Duration::from_millis(500);
const STREAM_NOT_FOUND: u64 = 10_059;

/// Reads information about servers and streams.
#[derive(Debug)]
pub struct Inspector {
    wire: Wire,
    options: Options,
}

impl Inspector {
    /// Connects.
    ///
    /// # Errors
    /// The server cannot be reached, or rejected the connection.
    pub async fn connect(options: Options) -> Result<Self, ConnectError> {
        let (client, connections) = store::connect(&options).await?;
        let wire = Wire::new(client, options.request_timeout, connections);
        Ok(Self { wire, options })
    }

    /// The servers of the cluster that answer. If the user may not ask them, only the connected server.
    pub async fn servers(&self) -> Vec<ServerVersion> {
        let answers = self
            .ask_all::<Answer>("$SYS.REQ.ACCOUNT.PING.STATZ", r#"{"include_unused":true}"#)
            .await;
        let mut servers: Vec<ServerVersion> = answers.into_iter().map(|answer| answer.server.into()).collect();
        if servers.is_empty() {
            let info = self.wire.client().server_info();
            servers.push(ServerVersion {
                name: info.server_name,
                version: info.version,
            });
        }
        servers.sort_by(|one, other| one.name.cmp(&other.name));
        servers
    }

    /// The clock of the connected server, at the moment of its answer.
    ///
    /// # Errors
    /// The reason: the server does not answer, or the user may not ask it.
    pub async fn time(&self) -> Result<DateTime<Utc>, String> {
        let request = Request::new().timeout(Some(self.wire.timeout()));
        let answer = self.wire.client().send_request("$SYS.REQ.USER.INFO", request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let answer: Answer = serde_json::from_slice(&answer.payload).map_err(|error| error.to_string())?;
        Ok(answer.server.time)
    }

    /// The limits on the account's storage. Most accounts have none.
    ///
    /// # Errors
    /// The reason: the server does not answer, or has no JetStream.
    pub async fn account_limits(&self) -> Result<Vec<AccountLimit>, String> {
        let account: Account = self
            .wire
            .api_question("INFO", &serde_json::json!({}))
            .await
            .map_err(|fault| fault.to_string())?;
        let limit = |tier: Option<&String>, used_bytes, limit| {
            let limit_bytes = u64::try_from(limit?).ok().filter(|limit| *limit > 0)?;
            Some(AccountLimit {
                tier: tier.cloned(),
                used_bytes,
                limit_bytes,
            })
        };
        let whole = limit(None, account.storage, account.limits.max_storage);
        let tiers = account.tiers.iter();
        let tiers = tiers.filter_map(|(name, tier)| limit(Some(name), tier.storage, tier.limits.max_storage));
        Ok(whole.into_iter().chain(tiers).collect())
    }

    /// A report on a stream, or `None` if it does not exist.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn stream(&self, definition: &StreamDefinition) -> Result<Option<StreamReport>, StreamError> {
        let name = store::stream_name(&self.options.namespace, definition);
        let info = match self.wire.stream_info(&name).await {
            Ok(info) => info,
            Err(ApiFault::Refused { code, .. }) if code == STREAM_NOT_FOUND => return Ok(None),
            Err(fault) => return Err(StreamError::unavailable(name, &fault)),
        };
        let subjects = store::subject(&self.options.namespace, definition);
        let wanted = stream::config(name, subjects, &self.options.streams);
        Ok(Some(StreamReport::new(info, &wanted)))
    }

    /// The number of parked events, by stream name and durable subscription.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn parked(&self) -> Result<BTreeMap<(String, String), u64>, ParkingError> {
        parking::census(&self.wire, &self.options.namespace).await
    }

    /// The settings of the servers. The connection must belong to a user in the system account; servers do not answer
    /// others.
    pub async fn server_settings(&self) -> Vec<ServerSettings> {
        let answers = self.ask_all::<Varz>("$SYS.REQ.SERVER.PING.VARZ", "").await;
        let mut settings: Vec<ServerSettings> = answers.into_iter().map(ServerSettings::from).collect();
        settings.sort_by(|one, other| one.name.cmp(&other.name));
        settings
    }

    /// Asks all servers at once, and collects the answers that come in time.
    async fn ask_all<T: DeserializeOwned>(&self, subject: &'static str, question: &'static str) -> Vec<T> {
        let client = self.wire.client();
        let inbox = client.new_inbox();
        let mut answers = Vec::new();
        let Ok(mut replies) = client.subscribe(inbox.clone()).await else {
            return answers;
        };
        if client
            .publish_with_reply(subject, inbox, question.into())
            .await
            .is_err()
        {
            return answers;
        }
        let mut patience = self.wire.timeout();
        while let Ok(Some(reply)) = tokio::time::timeout(patience, replies.next()).await {
            if reply.status.is_some() {
                break;
            }
            answers.extend(serde_json::from_slice::<T>(&reply.payload));
            patience = QUIET;
        }
        answers
    }
}
