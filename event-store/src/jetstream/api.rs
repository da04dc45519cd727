//! JetStream's API, asked directly where its answers hold more than the client hands on.

use async_nats::{
    Message, Request,
    jetstream::stream::{ClusterInfo, Config},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::jetstream::wire::{ApiError, Wire};

/// What the subjects of the API begin with.
const API: &str = "$JS.API.";

/// Why a request to the API brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiFault {
    /// The server answered that it will not.
    #[error("{description} ({code})")]
    Refused { code: u64, description: String },
    /// There was no answer, or none that can be read. It passes.
    #[error("{0}")]
    Unavailable(String),
}

/// What the API says of a stream.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StreamInfo {
    pub(crate) config: Config,
    pub(crate) state: StreamState,
    pub(crate) cluster: Option<ClusterInfo>,
}

/// What a stream holds.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StreamState {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) last_seq: u64,
    #[serde(default)]
    pub(crate) num_deleted: u64,
    pub(crate) lost: Option<Lost>,
}

/// What the server found missing when it last opened the stream's files.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Lost {
    #[serde(default)]
    pub(crate) bytes: u64,
}

impl Wire {
    /// Asks the API to change something, once. The subject comes without its prefix.
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

    /// Asks the API what changes nothing, until it answers. The subject comes without its prefix.
    pub(crate) async fn api_question<T: DeserializeOwned>(
        &self,
        subject: &str,
        payload: &serde_json::Value,
    ) -> Result<T, ApiFault> {
        let (subject, payload) = (format!("{API}{subject}"), payload.to_string());
        let reply = self.question(subject.into(), payload.into()).await;
        read(&reply.map_err(ApiFault::Unavailable)?)
    }

    /// What the API says of a stream, by its whole name. It tells of losses only if it is asked for details.
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
