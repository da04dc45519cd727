//! Stores one group and finds out what came of it: tries again what passes, looks up what is in doubt, and sets apart what
//! is at fault. Of a rejected group the appends at fault are set apart, those that can be seen to conflict at once and
//! others by splitting it, so one conflict never fails its neighbours.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::time::Instant;

use crate::{
    append::AppendError,
    envelope,
    wire::{Batch, Message, Outcome, Wire},
};

/// How long an append that finds no connection is tried again. One that a server turns away for a reason that passes, such
/// as an election of the stream's leader, is worth as much as a publish that is not answered; and one that may have been
/// stored is asked after, and sent again if need be, for as long as two exchanges with the server may take.
const WITHOUT_A_CONNECTION: Duration = Duration::from_millis(300);
const FIRST_PAUSE: Duration = Duration::from_millis(40);
const LONGEST_PAUSE: Duration = Duration::from_millis(640);

/// The stream sequence of an append's last event.
pub(super) type Answer = Result<u64, AppendError>;

/// Stores groups in one stream.
#[derive(Debug)]
pub(super) struct Commits {
    pub(super) wire: Wire,
    pub(super) stream: String,
}

impl Commits {
    /// Stores a group as one batch, or by itself if it is one event, and answers each append, in order.
    /// Some of the batch may have been sent ahead.
    pub(super) async fn store(&self, group: &[&[Message]], ahead: Option<Batch<'_>>) -> Vec<Answer> {
        let deadline = Instant::now() + self.wire.timeout() * 2;
        self.commit_from(ahead, group, false, deadline).await
    }

    fn commit<'a>(
        &'a self,
        group: &'a [&'a [Message]],
        in_doubt: bool,
        deadline: Instant,
    ) -> BoxFuture<'a, Vec<Answer>> {
        self.commit_from(None, group, in_doubt, deadline).boxed()
    }

    /// Stores a group and answers each append, in order. `in_doubt` says that some of it may have been stored by an
    /// attempt whose answer never came. Behind the deadline nothing is tried again.
    async fn commit_from(
        &self,
        mut ahead: Option<Batch<'_>>,
        group: &[&[Message]],
        mut in_doubt: bool,
        deadline: Instant,
    ) -> Vec<Answer> {
        let messages: Vec<&Message> = group.iter().copied().flatten().collect();
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let (fault, until);
            match self.publish(&messages, ahead.take()).await {
                Outcome::Committed { sequence } => return positions(group, sequence),
                Outcome::Conflict if group.len() > 1 => {
                    return self.commit_the_rest(group, in_doubt, deadline).await;
                }
                Outcome::Full(_) | Outcome::Refused(_) if group.len() > 1 => {
                    return self.commit_halves(group, in_doubt, deadline).await;
                }
                Outcome::Full(reason) if !in_doubt => return vec![Err(AppendError::Full(reason))],
                Outcome::Refused(reason) if !in_doubt => return vec![Err(AppendError::Refused(reason))],
                Outcome::Conflict if !in_doubt => return vec![Err(AppendError::Conflict)],
                Outcome::Conflict | Outcome::Full(_) | Outcome::Refused(_) | Outcome::Unknown => {
                    in_doubt = true;
                    let looked_up = tokio::time::timeout_at(deadline, self.look_up(&messages)).await;
                    match looked_up.unwrap_or_else(|_| Err("the leader does not answer in time".to_owned())) {
                        Ok(Stored::Ours { sequence }) => return positions(group, sequence),
                        Ok(Stored::Others | Stored::Partly) if group.len() > 1 => {
                            return self.commit_the_rest(group, true, deadline).await;
                        }
                        Ok(Stored::Others) => return vec![Err(AppendError::Conflict)],
                        Ok(Stored::Nothing | Stored::Partly) => fault = "nothing is stored yet".to_owned(),
                        Err(reason) => fault = reason,
                    }
                    until = deadline;
                }
                Outcome::Unavailable => (fault, until) = ("not connected".to_owned(), begun + WITHOUT_A_CONNECTION),
                Outcome::Transient(reason) => (fault, until) = (reason, begun + self.wire.publish_timeout()),
            }
            let is_late = |until| Instant::now() + pause > until;
            if in_doubt && is_late(deadline) {
                return vec![Err(AppendError::OutcomeUnknown); group.len()];
            }
            if !in_doubt && is_late(until.min(deadline)) {
                return vec![Err(AppendError::Unavailable(fault)); group.len()];
            }
            tokio::time::sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// Sets apart the appends of a group that can be seen to conflict, and stores the others. Each failed commit costs
    /// disk syncs, so where many writers contend this is far cheaper than to split the group down to each one at fault.
    async fn commit_the_rest(&self, group: &[&[Message]], in_doubt: bool, deadline: Instant) -> Vec<Answer> {
        let subjects: Vec<&str> = group
            .iter()
            .copied()
            .flatten()
            .map(|message| &*message.subject)
            .collect();
        let present = self.wire.present(&self.stream, &subjects).await.unwrap_or_default();
        let found = |message: &Message| present.id(&message.subject).map(|id| id == message.event_id);
        let (mut answers, mut rest, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for messages in group {
            let (own, others) = (
                messages.iter().any(|message| found(message) == Some(true)),
                messages.iter().any(|message| found(message) == Some(false)),
            );
            if own && !others {
                // Stored by an earlier attempt, or sent before by the same caller: only alone that can be told.
                answers.extend(self.commit(&[messages], in_doubt, deadline).await);
                continue;
            }
            if !others {
                places.push(answers.len());
                rest.push(*messages);
            }
            // Its subject is taken for ever, and an append is stored whole: this one never was and never will be.
            answers.push(Err(AppendError::Conflict));
        }
        let stored = match rest.len() {
            0 => Vec::new(),
            whole if whole == group.len() => self.commit_halves(&rest, in_doubt, deadline).await,
            _ => self.commit(&rest, in_doubt, deadline).await,
        };
        for (place, answer) in places.into_iter().zip(stored) {
            answers[place] = answer;
        }
        answers
    }

    /// Stores the halves of a group one after the other.
    async fn commit_halves(&self, group: &[&[Message]], in_doubt: bool, deadline: Instant) -> Vec<Answer> {
        let (first, second) = group.split_at(group.len().div_ceil(2));
        let mut answers = self.commit(first, in_doubt, deadline).await;
        answers.extend(self.commit(second, in_doubt, deadline).await);
        answers
    }

    async fn publish(&self, messages: &[&Message], ahead: Option<Batch<'_>>) -> Outcome {
        match (messages, ahead) {
            ([message], None) => self.wire.publish_one(message).await,
            (messages, ahead) => ahead.unwrap_or_else(|| self.wire.open_batch()).finish(messages).await,
        }
    }

    /// Looks into the leader's copy for messages that are stored together or not at all. All of them are looked at:
    /// one by itself can be an earlier append that its caller has sent again, and says nothing of the others.
    async fn look_up(&self, messages: &[&Message]) -> Result<Stored, String> {
        let (mut found, mut side_by_side) = (0, true);
        let mut last = None;
        for message in messages {
            let Some(stored) = self.wire.leaders_copy(&self.stream, &message.subject).await? else {
                continue;
            };
            if envelope::event_id(&stored.headers) != Some(message.event_id) {
                return Ok(Stored::Others);
            }
            side_by_side &= last.is_none_or(|last| stored.sequence == last + 1);
            last = Some(stored.sequence);
            found += 1;
        }
        Ok(match last {
            None => Stored::Nothing,
            Some(sequence) if found == messages.len() && side_by_side => Stored::Ours { sequence },
            Some(_) => Stored::Partly,
        })
    }
}

/// What stands on the subjects of messages whose outcome is not known.
enum Stored {
    /// The messages themselves; the sequence is the last one's.
    Ours { sequence: u64 },
    /// Another event, on at least one of them.
    Others,
    /// Some of them, or not as one batch: an append among them was stored before, or they have just arrived.
    Partly,
    /// Nothing yet. They may still be on their way.
    Nothing,
}

/// The messages of a batch lie side by side in the stream, so each append's position follows from the last one's.
fn positions(group: &[&[Message]], last: u64) -> Vec<Answer> {
    let total: u64 = group.iter().map(|messages| messages.len() as u64).sum();
    let mut position = last.saturating_sub(total);
    group
        .iter()
        .map(|messages| {
            position += messages.len() as u64;
            Ok(position)
        })
        .collect()
}
