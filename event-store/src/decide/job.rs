//! What waits to be decided: a closure, and whoever waits for its answer.

use std::fmt;

use tokio::{sync::oneshot, time::Instant};

use super::view::{Missing, Prepared, Undecided, View};
use crate::AppendError;

/// What a decision came to, once it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided<T, E> {
    /// What it came to, or why it was refused.
    pub outcome: Result<T, E>,
    /// The position of the commit that holds its events. Without events, how far the stream had been folded.
    pub position: u64,
}

/// Something to decide.
pub(crate) trait Job: Send {
    /// Decides, and keeps what it came to.
    fn decide(&mut self, view: &mut View<'_>) -> Result<(), Undecided>;
    /// What has been loaded for it.
    fn prepared(&self) -> Prepared;
    /// Answers: it is durable up to a position, or was not stored.
    fn settle(self: Box<Self>, outcome: Result<u64, AppendError>);
    /// Gives it back to whoever waits, who loads what is missing.
    fn give_back(self: Box<Self>, missing: Missing);
    /// Until when it can be answered.
    fn deadline(&self) -> Instant;
    /// Whether nobody waits any more.
    fn is_abandoned(&self) -> bool;
}

impl fmt::Debug for dyn Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

/// What comes back of a job.
pub(super) enum Answer<T, E, F> {
    Done(Result<Decided<T, E>, AppendError>),
    Back {
        decide: F,
        prepared: Prepared,
        missing: Missing,
    },
}

pub(super) struct Typed<T, E, F> {
    decide: F,
    prepared: Prepared,
    deadline: Instant,
    outcome: Option<Result<T, E>>,
    answer: oneshot::Sender<Answer<T, E, F>>,
}

impl<T, E, F> Typed<T, E, F> {
    pub(super) fn new(decide: F, prepared: Prepared, deadline: Instant) -> (Self, oneshot::Receiver<Answer<T, E, F>>) {
        let (answer, answered) = oneshot::channel();
        let job = Self {
            decide,
            prepared,
            deadline,
            outcome: None,
            answer,
        };
        (job, answered)
    }
}

impl<T, E, F> Job for Typed<T, E, F>
where
    T: Send,
    E: Send,
    F: FnMut(&mut View<'_>) -> Result<Result<T, E>, Undecided> + Send,
{
    fn decide(&mut self, view: &mut View<'_>) -> Result<(), Undecided> {
        let outcome = (self.decide)(view)?;
        if outcome.is_err() {
            view.discard();
        }
        self.outcome = Some(outcome);
        Ok(())
    }

    fn prepared(&self) -> Prepared {
        self.prepared.clone()
    }

    fn settle(self: Box<Self>, outcome: Result<u64, AppendError>) {
        let done = match (outcome, self.outcome) {
            (Ok(position), Some(outcome)) => Ok(Decided { outcome, position }),
            (Ok(_), None) => Err(AppendError::Unavailable("it was never decided".to_owned())),
            (Err(error), _) => Err(error),
        };
        let _ = self.answer.send(Answer::Done(done));
    }

    fn give_back(self: Box<Self>, missing: Missing) {
        let Self {
            decide,
            prepared,
            answer,
            ..
        } = *self;
        let _ = answer.send(Answer::Back {
            decide,
            prepared,
            missing,
        });
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }
}
