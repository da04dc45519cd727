//! JetStream's API, called directly where its answers hold more than the client returns.

use async_nats::{
    Message, Request,
    jetstream::stream::{ClusterInfo, Config},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::jetstream::wire::{ApiError, Wire};

/// The prefix of the API's subjects.
pub(crate) const API: &str = "$JS.API.";

/// Why a request to the API failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiFault {
    /// The server refused the request.
    #[error("{description} ({code})")]
    Refused { code: u64, description: String },
    /// There was no readable answer. The error is temporary.
    #[error("{0}")]
    Unavailable(String),
}

/// The API's information about a stream.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StreamInfo {
    pub(crate) config: Config,
    pub(crate) state: StreamState,
    pub(crate) cluster: Option<ClusterInfo>,
}

/// The state of a stream.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StreamState {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) last_seq: u64,
    #[serde(default)]
    pub(crate) num_deleted: u64,
    pub(crate) lost: Option<Lost>,
}

/// The data that was missing when the server last opened the stream's files.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Lost {
    #[serde(default)]
    pub(crate) bytes: u64,
}

impl Wire {
    /// Sends one request that changes something. `subject` comes without the API's prefix.
    pub(crate) async fn api<T: DeserializeOwned>(
        &self,
        subject: &str,
        payload: &serde_json::Value,
    ) -> Result<T, ApiFault> {
        if !self.is_connected() {
            return Err(ApiFault::Unavailable("not connected".to_owned()));
        }
        let request = Request::new()
            .payload(payload.to_string().into())
            .timeout(Some(self.timeout()));
        let reply = self
            .ask(format!("{API}{subject}"), request)
            .await
            .ok_or_else(|| ApiFault::Unavailable("the connection was lost".to_owned()))?
            .map_err(|error| ApiFault::Unavailable(error.to_string()))?;
        read(&reply)
    }

    /// Sends a read-only request, with retries until an answer comes. `subject` comes without the API's prefix.
    pub(crate) async fn api_question<T: DeserializeOwned>(
        &self,
        subject: &str,
        payload: &serde_json::Value,
    ) -> Result<T, ApiFault> {
        let (subject, payload) = (format!("{API}{subject}"), payload.to_string());
        let reply = self.question(subject.into(), payload.into()).await;
        read(&reply.map_err(ApiFault::Unavailable)?)
    }

    /// The API's information about a stream, by its full name. The server reports losses only with details.
    pub(crate) async fn stream_info(&self, name: &str) -> Result<StreamInfo, ApiFault> {
        let details = serde_json::json!({ "deleted_details": true });
        self.api_question(&format!("STREAM.INFO.{name}"), &details).await
    }
}

fn read<T: DeserializeOwned>(reply: &Message) -> Result<T, ApiFault> {
    #[derive(Deserialize)]
    struct Refusal {
        error: ApiError,
    }
    if let Ok(Refusal { error }) = serde_json::from_slice(&reply.payload) {
        return Err(ApiFault::Refused {
            code: error.err_code,
            description: error.description,
        });
    }
    serde_json::from_slice(&reply.payload).map_err(|error| ApiFault::Unavailable(error.to_string()))
}
