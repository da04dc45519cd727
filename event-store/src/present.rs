//! Which of some subjects have an event, and which event that is. Asks any replica: what it does not show may be there.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    direct::{self, End},
    envelope,
    wire::Wire,
};

/// How much the server hands out at most. What it leaves out is found when it is asked again.
const MAX_BYTES: u64 = 4 << 20;

/// The events on subjects, as one answer told of them.
#[derive(Debug, Default)]
pub(crate) struct Present {
    ids: HashMap<String, Uuid>,
    is_whole: bool,
}

impl Present {
    /// The id of the event on a subject, if the answer told of one. A message that is no event has the nil id.
    pub(crate) fn id(&self, subject: &str) -> Option<Uuid> {
        self.ids.get(subject).copied()
    }

    /// Whether there is an event on a subject, or the answer left some out.
    pub(crate) fn may_hold(&self, subject: &str) -> bool {
        !self.is_whole || self.ids.contains_key(subject)
    }
}

impl Wire {
    /// The events on those of the subjects that have one.
    pub(crate) async fn present(&self, stream: &str, subjects: &[&str]) -> Result<Present, String> {
        let request = serde_json::json!({ "multi_last": subjects, "max_bytes": MAX_BYTES });
        let found = self.direct_get(stream, &request).await?;
        let ids = found.messages.iter().map(|message| {
            let id = message.headers.as_ref().and_then(envelope::event_id);
            (direct::subject(message).to_owned(), id.unwrap_or_default())
        });
        Ok(Present {
            ids: ids.collect(),
            is_whole: found.end == End::Complete,
        })
    }
}
