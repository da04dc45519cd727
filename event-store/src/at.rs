//! The one event at a position of a stream. Whoever reads many follows the stream instead.

use crate::{EventStore, LoadError, RecordedEvent, StreamDefinition};

impl EventStore {
    /// The event at a position, as the stream's leader has it. Nothing, if there is none.
    ///
    /// # Errors
    /// The server cannot be asked, or what is there cannot be read.
    pub async fn event_at(
        &self,
        stream: &'static StreamDefinition,
        position: u64,
    ) -> Result<Option<RecordedEvent>, LoadError> {
        let which = serde_json::json!({ "seq": position });
        let message = self
            .wire()
            .leaders_message(&self.stream_name(stream), &which)
            .await
            .map_err(LoadError::Unavailable)?;
        let Some(message) = message else { return Ok(None) };
        let headers = Some(&message.headers);
        Ok(Some(self.decode(
            stream,
            &message.subject,
            position,
            headers,
            message.payload,
        )?))
    }
}
