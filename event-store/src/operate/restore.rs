//! Restoring a stream from a backup: commits are stored as they were recorded, at the positions that they had. What the
//! stream holds already is compared and skipped, so that a restoration can be broken off and begun again. It decides
//! nothing, and changes no commit.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::{
    AppendError, Commit, CommitHash, EventStore, StreamDefinition, StreamError, Subscription, SubscriptionError,
    decide::{Landing, Sending, publish},
};

/// How many commits of the stream are read at a time, to be compared.
const BATCH_EVENTS: usize = 2_000;

/// A stream that is being restored.
#[derive(Debug)]
pub struct Restoration {
    store: EventStore,
    stream: &'static StreamDefinition,
    /// Where the stream ended when the restoration began.
    found: u64,
    /// Reads what the stream held then.
    present: Subscription,
    waiting: VecDeque<Commit>,
    position: u64,
    hash: CommitHash,
}

/// What became of commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many have been stored.
    pub stored: u64,
    /// How many were there already.
    pub already_there: u64,
}

/// A commit cannot be restored. Those after it were not stored either.
#[derive(Debug, thiserror::Error)]
#[error("stream {stream}, sequence {position}: {fault}")]
pub struct RestoreError {
    /// The stream's name.
    pub stream: &'static str,
    /// The commit's position.
    pub position: u64,
    /// Why.
    pub fault: RestoreFault,
}

/// Why a commit cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFault {
    /// A commit before it is missing, or it comes a second time.
    #[error("it is out of order; sequence {expected} should come here")]
    OutOfOrder {
        /// The sequence that should come.
        expected: u64,
    },
    /// The stream is not the one that the backup was made of.
    #[error("the stream holds another commit there: it is not the log that was backed up")]
    Differs,
    /// The commit does not follow from the one before it.
    #[error("it does not carry the hash of the commit before it")]
    Chain,
    /// What the stream holds cannot be read.
    #[error(transparent)]
    Present(#[from] SubscriptionError),
    /// The store did not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl EventStore {
    /// Begins to restore a stream, from its first commit on.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub async fn restore(&self, stream: &'static StreamDefinition) -> Result<Restoration, StreamError> {
        Ok(Restoration {
            store: self.clone(),
            stream,
            found: self.status(stream).await?.last_position,
            present: self.subscribe(stream, 0),
            waiting: VecDeque::new(),
            position: 0,
            hash: CommitHash::GENESIS,
        })
    }
}

impl Restoration {
    /// Where the stream ended when the restoration began.
    #[must_use]
    pub const fn found(&self) -> u64 {
        self.found
    }

    /// The position of the last commit taken.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Takes the next commits. Those that the stream holds are compared; the others are stored in order, each right behind
    /// the one before it. Nobody else may write to the stream meanwhile: if somebody does, that is an error.
    ///
    /// # Errors
    /// A commit is not the next one, is not what the stream holds, does not follow from the one before it, or could not be
    /// stored. The restoration is over then; another one can be begun.
    pub async fn take(&mut self, commits: Vec<Commit>) -> Result<Restored, RestoreError> {
        let mut restored = Restored::default();
        let mut fresh = Vec::new();
        for commit in commits {
            let expected = self.position + 1;
            if commit.position != expected || commit.stream != self.stream {
                return Err(refused(&commit, RestoreFault::OutOfOrder { expected }));
            }
            if commit.previous_hash != self.hash {
                return Err(refused(&commit, RestoreFault::Chain));
            }
            (self.position, self.hash) = (commit.position, commit.hash());
            if commit.position > self.found {
                fresh.push(commit);
                continue;
            }
            let present = self.next_present().await.map_err(|fault| refused(&commit, fault))?;
            if present.id != commit.id || present.hash() != self.hash {
                return Err(refused(&commit, RestoreFault::Differs));
            }
            restored.already_there += 1;
        }
        for commit in &fresh {
            self.store_one(commit).await?;
            restored.stored += 1;
        }
        Ok(restored)
    }

    /// Stores a commit right behind the one before it. One at a time: were several on their way, and somebody else's commit
    /// took the place of the first, the second would find the sequence that it expects, and break the chain.
    async fn store_one(&self, commit: &Commit) -> Result<(), RestoreError> {
        let landing = publish(Sending {
            wire: self.store.wire().clone(),
            stream: self.store.stream_name(self.stream),
            subject: self.store.subject(self.stream),
            draft: commit.draft(),
            expected: commit.position - 1,
            deadline: Instant::now() + self.store.wire().timeout(),
        });
        match landing.await {
            Landing::Stored => Ok(()),
            Landing::Failed(error) => Err(refused(commit, error.into())),
            Landing::GoneOn { .. } | Landing::Shorter { .. } | Landing::Current => {
                Err(refused(commit, RestoreFault::Differs))
            }
        }
    }

    async fn next_present(&mut self) -> Result<Commit, RestoreFault> {
        loop {
            match self.waiting.pop_front() {
                Some(commit) => return Ok(commit),
                None => self.waiting.extend(self.present.next_commits(BATCH_EVENTS).await?),
            }
        }
    }
}

fn refused(commit: &Commit, fault: RestoreFault) -> RestoreError {
    RestoreError {
        stream: commit.stream.name,
        position: commit.position,
        fault,
    }
}
