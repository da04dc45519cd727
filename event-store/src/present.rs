//! Which of some subjects have an event, and which event that is. Asks any replica: what it does not show may be there.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{direct, envelope, wire::Wire};

/// How much the server hands out at most. What it leaves out is found when it is asked again.
const MAX_BYTES: u64 = 4 << 20;

impl Wire {
    /// The ids of the events on those of the subjects that have one. A message that is no event has the nil id.
    pub(crate) async fn present(&self, stream: &str, subjects: &[&str]) -> Result<HashMap<String, Uuid>, String> {
        let request = serde_json::json!({ "multi_last": subjects, "max_bytes": MAX_BYTES });
        let found = self.direct_get(stream, &request).await?;
        let present = found.messages.iter().map(|message| {
            let id = message.headers.as_ref().and_then(envelope::event_id);
            (direct::subject(message).to_owned(), id.unwrap_or_default())
        });
        Ok(present.collect())
    }
}
