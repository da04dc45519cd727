//! Reads from a stream's leader, which sees everything that the stream has acknowledged.

use async_nats::jetstream::message::StreamMessage;
use serde::Deserialize;

use crate::jetstream::{api::ApiFault, wire::Wire};

impl Wire {
    /// The last message on a subject, from the stream's leader. The subject has no wildcards and holds one message.
    pub(crate) async fn leaders_copy(&self, stream: &str, subject: &str) -> Result<Option<StreamMessage>, String> {
        self.leaders_message(stream, &serde_json::json!({ "last_by_subj": subject }))
            .await
    }

    /// Whether the stream's leader can read the message with this sequence.
    pub(crate) async fn leader_has(&self, stream: &str, sequence: u64) -> Result<bool, String> {
        let message = self
            .leaders_message(stream, &serde_json::json!({ "seq": sequence }))
            .await?;
        Ok(message.is_some())
    }

    /// The message that the request selects, from the stream's leader.
    pub(crate) async fn leaders_message(
        &self,
        stream: &str,
        which: &serde_json::Value,
    ) -> Result<Option<StreamMessage>, String> {
        #[derive(Deserialize)]
        struct Reply {
            message: async_nats::jetstream::stream::RawMessage,
        }
        const NO_MESSAGE_FOUND: u64 = 10_037;
        match self
            .api_question::<Reply>(&format!("STREAM.MSG.GET.{stream}"), which)
            .await
        {
            Ok(reply) => StreamMessage::try_from(reply.message)
                .map(Some)
                .map_err(|error| error.to_string()),
            Err(ApiFault::Refused { code, .. }) if code == NO_MESSAGE_FOUND => Ok(None),
            Err(fault) => Err(fault.to_string()),
        }
    }
}
