//! A batch of a stream, as it was read: the events that concern its reader, opened, and how far it goes. The others are
//! passed over: most of a stream's events are about other projections' rows.

use journal::{FollowError, FollowedEvent, Follower, Journal};

/// What was read at once.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The events that concern the reader, readable or not.
    pub(crate) concerning: Vec<FollowedEvent>,
    /// How many events were read, those passed over among them.
    pub(crate) read: u64,
    /// The position of the last of them.
    pub(crate) to: u64,
}

impl Batch {
    /// Waits for the next events of a stream, `max` at most, and opens those that the follower hands out.
    pub(crate) async fn fetch(journal: &Journal, follower: &mut Follower, max: usize) -> Result<Self, FollowError> {
        let from = follower.position();
        let recorded = follower.next_recorded(max).await?;
        let to = follower.position();
        Ok(Self {
            concerning: journal.read_each(recorded).await?,
            read: to - from,
            to,
        })
    }
}
