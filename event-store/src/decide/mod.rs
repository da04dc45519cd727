//! Deciding: commands of one stream are decided in one place, one after the other, on the local index and on what has been
//! decided before them; what was decided is packed into commits, each on condition that the stream has not gone on.

mod flight;
mod job;
mod view;
mod writer;

pub use job::Decided;
pub use view::{Loaded, Missing, Undecided, View};

pub(crate) use flight::{Landing, publish};
pub(crate) use writer::{Stage, Started, Waiting, Writer};

use std::collections::HashMap;

use tokio::sync::mpsc;

use self::job::{Answer, Typed};
use crate::{AppendError, EventStore, StreamDefinition};

/// How often a decision may find that something it needs is not in memory.
const MOST_LOADS: usize = 64;

impl EventStore {
    /// Decides in a stream and stores what was decided. Answers when it is durable.
    ///
    /// `decide` sees the stream as it is, with all that was decided before it; it may be called any number of times, and
    /// must have no effects. What it refuses, or what it decides to do nothing about, is answered only once it is certain
    /// that the stream had not gone on unseen.
    ///
    /// # Errors
    /// It was not stored, except for [`AppendError::OutcomeUnknown`], which says that this is not known.
    pub async fn decide<T, E, F>(
        &self,
        stream: &'static StreamDefinition,
        decide: F,
    ) -> Result<Decided<T, E>, AppendError>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnMut(&mut View<'_>) -> Result<Result<T, E>, Undecided> + Send + 'static,
    {
        let writer = self.writer(stream).await?;
        let deadline = tokio::time::Instant::now() + self.wire().timeout();
        let (mut decide, mut prepared) = (decide, view::Prepared::default());
        for _ in 0..MOST_LOADS {
            let (job, answered) = Typed::new(decide, prepared, deadline);
            writer.queue.try_send(Box::new(job)).map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => AppendError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => AppendError::Unavailable("the store is closing".to_owned()),
            })?;
            let missing = match answered.await {
                Ok(Answer::Done(done)) => return done,
                Ok(Answer::Back {
                    decide: again,
                    prepared: kept,
                    missing,
                }) => {
                    (decide, prepared) = (again, kept);
                    missing
                }
                Err(_) => return Err(AppendError::OutcomeUnknown),
            };
            prepared.add(missing.load(self).await?);
        }
        Err(AppendError::Unavailable(
            "what the decision needs changes faster than it can be loaded".to_owned(),
        ))
    }
}

/// The states of other streams' aggregates that decisions look at: by stream, its index.
pub(crate) type Neighbours = HashMap<&'static str, Started>;
