//! Decisions. One task per stream decides all commands in order, on the local index and on all earlier decisions. It
//! packs the results into commits, and each commit is stored only if the stream has not advanced.

mod append;
mod cqrs;
mod flight;
mod job;
mod pulse;
mod stage;
mod view;
mod writer;

pub use append::{Append, AppendError, Appended, NewEvent, Write};
pub use cqrs::{CqrsContext, CqrsEventStore};
pub use job::Decided;
pub use view::{Loaded, Missing, Undecided, View};

pub(crate) use flight::{Landing, Sending, publish};
pub(crate) use stage::{Stage, Started};
pub(crate) use writer::{Waiting, Writer};

use std::collections::HashMap;

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

use self::job::{Answer, Claim, GivesUp, Job as _, Typed};
use crate::{EventStore, StreamDefinition};

/// How often a decision may be repeated because a value that it needs is not in memory.
const MOST_LOADS: usize = 64;

impl EventStore {
    /// Decides in a stream and stores the result. Returns when the result is durable.
    ///
    /// `decide` sees the current stream and all earlier decisions. It may be called any number of times, so it must
    /// have no side effects. A refusal, or a decision without events, is returned only after the leader has confirmed
    /// that the stream has not advanced.
    ///
    /// An answer comes within [`Options::request_timeout`](crate::Options::request_timeout) plus a quarter of it. If
    /// the caller stops waiting, a decision that has not been sent by then is not stored.
    ///
    /// # Errors
    /// Nothing was stored. The exception is [`AppendError::OutcomeUnknown`]: it is not known whether the events were
    /// stored.
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
        let deadline = Instant::now() + self.wire().timeout();
        let writer = self.writer(stream).await?;
        let (mut decide, mut prepared) = (decide, view::Prepared::default());
        for _ in 0..MOST_LOADS {
            let (job, answered) = Typed::new(decide, prepared, deadline);
            let claim = job.claim().clone();
            writer.queue.try_send(Box::new(job)).map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => AppendError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => AppendError::Unavailable(writer.words(stream)),
            })?;
            let missing = match self.answer(answered, claim, deadline).await? {
                Answer::Done(done) => return done,
                Answer::Back {
                    decide: again,
                    prepared: kept,
                    missing,
                } => {
                    (decide, prepared) = (again, kept);
                    missing
                }
            };
            let what = missing.what().to_owned();
            let found = timeout_at(deadline, missing.load(self)).await;
            let late = |_| AppendError::Unavailable(format!("{what} could not be loaded in time"));
            prepared.add(found.map_err(late)??);
        }
        Err(AppendError::Unavailable(
            "the decision's data changes faster than it can be loaded".to_owned(),
        ))
    }

    /// Waits for a job's answer. A late job is given up, unless it has been sent.
    async fn answer<T, E, F>(
        &self,
        mut answered: oneshot::Receiver<Answer<T, E, F>>,
        claim: Claim,
        deadline: Instant,
    ) -> Result<Answer<T, E, F>, AppendError> {
        let lost = |claim: &Claim| match claim.give_up() {
            true => AppendError::Unavailable("the stream's writer has stopped".to_owned()),
            false => AppendError::OutcomeUnknown,
        };
        let claim = GivesUp(claim);
        if let Ok(answer) = timeout_at(deadline, &mut answered).await {
            return answer.map_err(|_| lost(&claim.0));
        }
        if claim.0.give_up() {
            // An answer that came at the same moment counts.
            let late = || AppendError::Unavailable("no decision in time".to_owned());
            return answered.try_recv().map_err(|_| late());
        }
        match timeout_at(deadline + self.wire().patience(), answered).await {
            Ok(answer) => answer.map_err(|_| AppendError::OutcomeUnknown),
            Err(_) => Err(AppendError::OutcomeUnknown),
        }
    }
}

/// All writers of a store, by stream. Decisions read the aggregates of other streams through their indexes.
pub(crate) type Neighbours = HashMap<&'static str, Started>;
