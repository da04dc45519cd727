//! Restores a stream from a backup: commits are stored unchanged at their original positions. Commits that the stream
//! already holds are compared and skipped, so a restoration can be interrupted and started again.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::{
    AppendError, Commit, CommitHash, EventStore, StreamDefinition, StreamError, Subscription, SubscriptionError,
    decide::{Landing, Sending, publish},
};

/// How many events a batch of present commits holds before no further commit is added.
const BATCH_EVENTS: usize = 2_000;

/// A running restoration of a stream.
#[derive(Debug)]
pub struct Restoration {
    store: EventStore,
    stream: &'static StreamDefinition,
    /// The stream's last position when the restoration started.
    found: u64,
    /// Reads the commits that the stream held then.
    present: Subscription,
    waiting: VecDeque<Commit>,
    position: u64,
    hash: CommitHash,
}

/// The result of restoring commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many commits have been stored.
    pub stored: u64,
    /// How many commits were present already.
    pub already_there: u64,
}

/// A commit cannot be restored. Later commits were not stored either.
#[derive(Debug, thiserror::Error)]
#[error("stream {stream}, sequence {position}: {fault}")]
pub struct RestoreError {
    /// The stream's name.
    pub stream: &'static str,
    /// The commit's position.
    pub position: u64,
    /// The reason.
    pub fault: RestoreFault,
}

/// Why a commit cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFault {
    /// The previous commit is missing, or the commit comes a second time.
    #[error("it is out of order; sequence {expected} was expected")]
    OutOfOrder {
        /// The expected sequence.
        expected: u64,
    },
    /// The stream is not the one that was backed up.
    #[error("the stream holds another commit there: it is not the log that was backed up")]
    Differs,
    /// The commit does not follow from the previous one.
    #[error("it does not carry the hash of the commit before it")]
    Chain,
    /// The present commits cannot be read.
    #[error(transparent)]
    Present(#[from] SubscriptionError),
    /// The store did not accept the commit.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl EventStore {
    /// Starts to restore a stream from its first commit.
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
    /// The stream's last position when the restoration started.
    #[must_use]
    pub const fn found(&self) -> u64 {
        self.found
    }

    /// The position of the last commit taken.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Takes the next commits. Commits that the stream holds are compared. The others are stored in order, each
    /// directly after the previous one. A concurrent write to the stream is an error.
    ///
    /// # Errors
    /// A commit is not the next one, differs from the stream's, does not follow from the previous one, or could not
    /// be stored. The restoration then ends; another one can be started.
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

    /// Stores a commit directly after the previous one. Only one commit is in flight at a time. With several, a
    /// foreign commit could take the place of the first; the second would then find its expected sequence and break
    /// the chain.
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
