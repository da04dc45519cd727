//! Names an event that a stream has lost, derived from the remaining versions of its aggregate.

use std::collections::HashMap;

use super::{BATCH_EVENTS, EventName};
use crate::{EventStore, StreamDefinition, SubscriptionError};

impl EventStore {
    /// Names an event that was lost in a gap that ends at a position. It reads the events after the gap: an aggregate
    /// that continues with a later version than its next one has lost that next one. `versions` holds each
    /// aggregate's last version before the gap. The search ends when the server stops answering.
    pub(super) async fn name_missing(
        &self,
        stream: &'static StreamDefinition,
        mut position: u64,
        mut versions: HashMap<String, u64>,
    ) -> Option<EventName> {
        let end = self.status(stream).await.ok()?.last_position;
        let mut subscription = self.subscribe(stream, position);
        while position < end {
            match subscription.next_batch(BATCH_EVENTS).await {
                Ok(batch) => {
                    position = subscription.position();
                    for event in batch {
                        let aggregate = event.aggregate();
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
}
