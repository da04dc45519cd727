//! Which of some subjects have an event, and which event that is. Asks any replica: what it does not show may be there.

use std::collections::HashMap;

use async_nats::StatusCode;
use futures_util::StreamExt as _;
use uuid::Uuid;

use crate::{envelope, wire::Wire};

/// How much the server hands out at most. What it leaves out is found when it is asked again.
const MAX_BYTES: u64 = 4 << 20;

impl Wire {
    /// The ids of the events on those of the subjects that have one. A message that is no event has the nil id.
    pub(crate) async fn present(&self, stream: &str, subjects: &[&str]) -> Result<HashMap<String, Uuid>, String> {
        if !self.is_connected() {
            return Err("not connected".to_owned());
        }
        let asked = self.on_this_connection(self.ask_for_present(stream, subjects));
        match tokio::time::timeout(self.timeout(), asked).await {
            Ok(Some(answer)) => answer,
            Ok(None) => Err("the connection was lost".to_owned()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    async fn ask_for_present(&self, stream: &str, subjects: &[&str]) -> Result<HashMap<String, Uuid>, String> {
        let mut present = HashMap::new();
        let client = self.client();
        let inbox = client.new_inbox();
        let mut replies = client
            .subscribe(inbox.clone())
            .await
            .map_err(|error| error.to_string())?;
        let request = serde_json::json!({ "multi_last": subjects, "max_bytes": MAX_BYTES }).to_string();
        client
            .publish_with_reply(format!("$JS.API.DIRECT.GET.{stream}"), inbox, request.into())
            .await
            .map_err(|error| error.to_string())?;
        while let Some(reply) = replies.next().await {
            let header = |name: &'static str| reply.headers.as_ref().and_then(|headers| headers.get_last(name));
            match reply.status {
                None | Some(StatusCode::OK) => {
                    let id = reply.headers.as_ref().and_then(envelope::event_id).unwrap_or_default();
                    present.extend(header("Nats-Subject").map(|subject| (subject.to_string(), id)));
                }
                // Nothing is there, or nothing more.
                Some(StatusCode::NOT_FOUND) => return Ok(present),
                Some(status) if status.as_u16() == 204 => return Ok(present),
                Some(status) => return Err(format!("status {status}")),
            }
        }
        Err("the connection was closed".to_owned())
    }
}
