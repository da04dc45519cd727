//! Names an event that a stream has lost, from what is left: the versions of its aggregate, or the server's index.

use std::collections::HashMap;

use futures_util::StreamExt as _;

use super::{BATCH_EVENTS, EventName};
use crate::{EventStore, StreamDefinition, SubscriptionError, subject};

impl EventStore {
    /// Names an event of a gap that ends at a position. `versions` holds what each aggregate had come to before the gap.
    /// The search ends where the server stops answering.
    pub(super) async fn name_missing(
        &self,
        stream: &'static StreamDefinition,
        last_missing: u64,
        mut versions: HashMap<String, u64>,
    ) -> Option<EventName> {
        match self.first_jump(stream, last_missing, &mut versions).await {
            Some(event) => Some(event),
            None => self.indexed_only(stream, &versions).await,
        }
    }

    /// Reads on behind the gap. An aggregate that goes on with a later version than its next one has lost that one.
    async fn first_jump(
        &self,
        stream: &'static StreamDefinition,
        mut position: u64,
        versions: &mut HashMap<String, u64>,
    ) -> Option<EventName> {
        let end = self.status(stream).await.ok()?.last_position;
        let mut subscription = self.subscribe(stream, position);
        while position < end {
            match subscription.next_batch(BATCH_EVENTS).await {
                Ok(batch) => {
                    for event in batch {
                        position = event.position;
                        let aggregate = format!("{}/{}", event.aggregate_type, event.aggregate_id);
                        let version = versions.entry(aggregate.clone()).or_default();
                        if event.version > *version + 1 {
                            return Some(EventName {
                                aggregate,
                                version: *version + 1,
                            });
                        }
                        *version = event.version;
                    }
                }
                Err(SubscriptionError::Gap { found, .. }) => {
                    position = found - 1;
                    subscription = self.subscribe(stream, position);
                }
                Err(_) => return None,
            }
        }
        None
    }

    /// Looks for a subject that the server has in its index, that has not been read, and that it cannot read either:
    /// the last event of its aggregate.
    async fn indexed_only(
        &self,
        stream: &'static StreamDefinition,
        versions: &HashMap<String, u64>,
    ) -> Option<EventName> {
        let name = self.stream_name(stream);
        let prefix = self.subject_prefix();
        let handle = self.context().get_stream(&name).await.ok()?;
        let mut subjects = handle
            .info_with_subjects(format!("{prefix}{}.>", stream.root))
            .await
            .ok()?;
        while let Some(Ok((subject, _))) = subjects.next().await {
            let Some(parsed) = subject
                .strip_prefix(prefix.as_str())
                .and_then(|subject| subject::parse(stream, subject))
            else {
                continue;
            };
            let aggregate = format!("{}/{}", parsed.aggregate_type, parsed.aggregate_id);
            let is_read = versions
                .get(&aggregate)
                .is_some_and(|version| parsed.version <= *version);
            if !is_read && matches!(self.wire().leaders_copy(&name, &subject).await, Ok(None)) {
                return Some(EventName {
                    aggregate,
                    version: parsed.version,
                });
            }
        }
        None
    }
}
