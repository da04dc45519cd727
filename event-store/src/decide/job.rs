//! A queued decision: a closure, and the caller that waits for its answer.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use tokio::{sync::oneshot, time::Instant};

use super::view::{Missing, Prepared, Undecided, View};
use crate::AppendError;

/// The durable result of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided<T, E> {
    /// The value of the decision, or its refusal.
    pub outcome: Result<T, E>,
    /// The position of the commit that holds its events. Without events, the position up to which the stream was
    /// folded.
    pub position: u64,
}

/// A queued decision.
pub(crate) trait Job: Send {
    /// Runs the decision and keeps its outcome.
    fn decide(&mut self, view: &mut View<'_>) -> Result<(), Undecided>;
    /// The values that have been loaded for it.
    fn prepared(&self) -> Prepared;
    /// Answers the caller: the outcome is durable up to a position, or was not stored.
    fn settle(self: Box<Self>, outcome: Result<u64, AppendError>);
    /// Returns the job to the caller, which loads the missing value.
    fn give_back(self: Box<Self>, missing: Missing);
    /// The deadline of the answer.
    fn deadline(&self) -> Instant;
    /// Whether the job waits, has been sent or has been given up.
    fn claim(&self) -> &Claim;
}

impl fmt::Debug for dyn Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

/// The state of a job: waiting, sent or given up. The caller can give up a job only until it is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claim(Arc<AtomicU8>);

impl Claim {
    const WAITING: u8 = 0;
    const SENT: u8 = 1;
    const GIVEN_UP: u8 = 2;

    /// Gives the job up. Returns whether that was still possible; if so, nothing of it is ever stored.
    pub(super) fn give_up(&self) -> bool {
        self.goes(Self::WAITING, Self::GIVEN_UP)
    }

    /// Marks the job as sent. Returns false if the caller has given up.
    pub(super) fn send(&self) -> bool {
        self.goes(Self::WAITING, Self::SENT)
    }

    /// Marks the job as waiting again, because its commit was not stored.
    pub(super) fn wait_again(&self) {
        self.goes(Self::SENT, Self::WAITING);
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::GIVEN_UP
    }

    fn goes(&self, from: u8, to: u8) -> bool {
        let swapped = self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        swapped.is_ok()
    }
}

/// Gives the job up on drop, if that is still possible.
pub(super) struct GivesUp(pub(super) Claim);

impl Drop for GivesUp {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// The reply to a queued job.
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
    claim: Claim,
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
            claim: Claim::default(),
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
        self.outcome = None;
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
            (Ok(_), None) => Err(AppendError::Unavailable("no decision was taken".to_owned())),
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

    fn claim(&self) -> &Claim {
        &self.claim
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sent_job_cannot_be_given_up_and_a_given_up_job_is_not_sent() {
        let claim = Claim::default();
        assert!(claim.send());
        assert!(!claim.give_up());
        claim.wait_again();
        assert!(claim.give_up());
        assert!(!claim.send());
        claim.wait_again();
        assert!(claim.is_given_up());
    }
}
