//! A batch of a stream, as a runner has read it: the events that concern its projection, opened, and of all of them what is
//! told of them. The others stay sealed: most of a stream's events are about other projections' rows.

use chrono::{DateTime, Utc};
use journal::{FollowError, FollowedEvent, Follower, Journal};

/// What was read at once.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The events that concern the projection, readable or not.
    pub(crate) concerning: Vec<FollowedEvent>,
    /// The position of the last event of all; nothing, if there was none.
    pub(crate) to: Option<u64>,
    /// When each of all of them was recorded.
    pub(crate) times: Vec<DateTime<Utc>>,
}

impl Batch {
    /// Waits for the next events of a stream, `max` at most, and opens those of one type of aggregate.
    pub(crate) async fn fetch(
        journal: &Journal,
        follower: &mut Follower,
        aggregate: &str,
        max: usize,
    ) -> Result<Self, FollowError> {
        let mut recorded = follower.next_recorded(max).await?;
        let to = recorded.last().map(|event| event.position);
        let times = recorded.iter().map(|event| event.metadata.time).collect();
        recorded.retain(|event| event.aggregate_type == aggregate);
        Ok(Self {
            concerning: journal.read_each(recorded).await?,
            to,
            times,
        })
    }

    /// How many events were read.
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }
}
