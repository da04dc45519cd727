//! Group commit: one task a stream takes the appends that wait and stores them together.
//!
//! There is no timer. While one commit is in flight the next group collects, so a lone append goes out at once and a
//! crowd shares the price of one durable write. Of a rejected group the appends at fault are set apart, those that can
//! be seen to conflict at once and others by splitting it, so one conflict never fails its neighbours.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use crate::{
    append::AppendError,
    envelope,
    wire::{Message, Outcome, Wire},
};

/// The most events in one group. Larger batches gain little and make each other wait.
const MAX_GROUP_EVENTS: usize = 500;
/// Below this many single-event appends, publishes sent side by side are faster than one atomic batch, whose price is
/// several disk syncs however small it is.
const BATCH_FROM: usize = 16;
/// How often an append that meets a passing fault is tried in all. One that may have been stored is worth more: it is
/// asked after, and sent again if need be, for as long as two exchanges with the server may take.
const MAX_ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(40);
const LONGEST_PAUSE: Duration = Duration::from_millis(640);
/// How many turns of the runtime without a further append say that no more of those just answered come back at once.
const QUIET_TURNS: u32 = 64;

/// The stream sequence of an append's last event.
type Answer = Result<u64, AppendError>;

/// An append that waits for its commit.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) messages: Vec<Message>,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// Stores the appends of one stream.
#[derive(Debug)]
pub(crate) struct Committer {
    wire: Wire,
    stream: String,
}

impl Committer {
    /// Starts the task. It ends when the last sender is gone and everything that waited has been answered.
    pub(crate) fn start(wire: Wire, stream: String, queue_appends: usize) -> mpsc::Sender<Pending> {
        let (sender, queue) = mpsc::channel(queue_appends);
        tokio::spawn(Self { wire, stream }.run(queue));
        sender
    }

    async fn run(self, mut queue: mpsc::Receiver<Pending>) {
        let (mut held, mut answered) = (VecDeque::new(), 0);
        while let Some(group) = next_group(&mut queue, &mut held, answered).await {
            answered = group.len();
            let subjects = group.iter().map(subjects_of).collect::<Vec<_>>();
            let (messages, senders): (Vec<_>, Vec<_>) = group.into_iter().map(|p| (p.messages, p.answer)).unzip();
            metrics::histogram!("event_store_group_events").record(messages.iter().map(Vec::len).sum::<usize>() as f64);
            let deadline = Instant::now() + self.wire.timeout() * 2;
            let answers = self.commit(messages, false, deadline).await;
            let mut stored = HashSet::new();
            for ((answer, sender), subjects) in answers.into_iter().zip(senders).zip(subjects) {
                if answer.is_ok() {
                    stored.extend(subjects);
                }
                // The caller may have gone away; the append is durable all the same.
                let _ = sender.send(answer);
            }
            refuse_overtaken(&mut held, &stored);
        }
    }

    /// Stores a group and answers each append, in order. `in_doubt` says that some of it may have been stored by an
    /// attempt whose answer never came. Behind the deadline nothing is tried again.
    fn commit(&self, group: Vec<Vec<Message>>, mut in_doubt: bool, deadline: Instant) -> BoxFuture<'_, Vec<Answer>> {
        async move {
            let singles = group.iter().all(|messages| messages.len() == 1);
            if group.len() > 1 && singles && group.len() < BATCH_FROM {
                let alone = group
                    .into_iter()
                    .map(|messages| self.commit(vec![messages], in_doubt, deadline));
                return join_all(alone).await.into_iter().flatten().collect();
            }
            let messages: Vec<Message> = group.iter().flatten().cloned().collect();
            let (mut attempts, mut pause) = (0, FIRST_PAUSE);
            loop {
                attempts += 1;
                let fault;
                match self.publish(&messages).await {
                    Outcome::Committed { sequence } => return positions(&group, sequence),
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
                            Ok(Stored::Ours { sequence }) => return positions(&group, sequence),
                            Ok(Stored::Others | Stored::Partly) if group.len() > 1 => {
                                return self.commit_the_rest(group, true, deadline).await;
                            }
                            Ok(Stored::Others) => return vec![Err(AppendError::Conflict)],
                            Ok(Stored::Nothing | Stored::Partly) => fault = "nothing is stored yet".to_owned(),
                            Err(reason) => fault = reason,
                        }
                    }
                    Outcome::Unavailable => fault = "not connected".to_owned(),
                    Outcome::Transient(reason) => fault = reason,
                }
                let late = Instant::now() + pause > deadline;
                if in_doubt && late {
                    return vec![Err(AppendError::OutcomeUnknown); group.len()];
                }
                if !in_doubt && (late || attempts == MAX_ATTEMPTS) {
                    return vec![Err(AppendError::Unavailable(fault)); group.len()];
                }
                tokio::time::sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
        .boxed()
    }

    /// Sets apart the appends of a group that can be seen to conflict, and stores the others. Each failed commit costs
    /// disk syncs, so where many writers contend this is far cheaper than to split the group down to each one at fault.
    async fn commit_the_rest(&self, group: Vec<Vec<Message>>, in_doubt: bool, deadline: Instant) -> Vec<Answer> {
        let subjects: Vec<&str> = group.iter().flatten().map(|message| &*message.subject).collect();
        let present = self.wire.present(&self.stream, &subjects).await.unwrap_or_default();
        let found = |message: &Message| present.get(&*message.subject).map(|id| *id == message.event_id);
        let (mut answers, mut rest, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for messages in &group {
            let (own, others) = (
                messages.iter().any(|message| found(message) == Some(true)),
                messages.iter().any(|message| found(message) == Some(false)),
            );
            if own && !others {
                // Stored by an earlier attempt, or sent before by the same caller: only alone that can be told.
                answers.extend(self.commit(vec![messages.clone()], in_doubt, deadline).await);
                continue;
            }
            if !others {
                places.push(answers.len());
                rest.push(messages.clone());
            }
            // Its subject is taken for ever, and an append is stored whole: this one never was and never will be.
            answers.push(Err(AppendError::Conflict));
        }
        let stored = match rest.len() {
            0 => Vec::new(),
            whole if whole == group.len() => self.commit_halves(rest, in_doubt, deadline).await,
            _ => self.commit(rest, in_doubt, deadline).await,
        };
        for (place, answer) in places.into_iter().zip(stored) {
            answers[place] = answer;
        }
        answers
    }

    /// Stores the halves of a group one after the other.
    async fn commit_halves(&self, mut first: Vec<Vec<Message>>, in_doubt: bool, deadline: Instant) -> Vec<Answer> {
        let second = first.split_off(first.len().div_ceil(2));
        let mut answers = self.commit(first, in_doubt, deadline).await;
        answers.extend(self.commit(second, in_doubt, deadline).await);
        answers
    }

    async fn publish(&self, messages: &[Message]) -> Outcome {
        match messages {
            [message] => self.wire.publish_one(message).await,
            messages => self.wire.publish_batch(messages).await,
        }
    }

    /// Looks into the leader's copy for messages that are stored together or not at all. All of them are looked at:
    /// one by itself can be an earlier append that its caller has sent again, and says nothing of the others.
    async fn look_up(&self, messages: &[Message]) -> Result<Stored, String> {
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

fn subjects_of(pending: &Pending) -> Vec<Arc<str>> {
    pending.messages.iter().map(|message| message.subject.clone()).collect()
}

/// Lets the callers that have just been answered come back with their next appends, for as long as more of them do:
/// otherwise the first to come would have a commit for itself, and the crowd would wait for that. Who was alone is not
/// waited for, and nobody is waited for by the clock.
async fn let_return(queue: &mpsc::Receiver<Pending>, answered: usize) {
    let (mut waiting, mut quiet) = (queue.len(), 0);
    while waiting + 1 < answered && quiet < QUIET_TURNS {
        tokio::task::yield_now().await;
        quiet = if queue.len() > waiting { 0 } else { quiet + 1 };
        waiting = queue.len();
    }
}

/// Waits for an append and takes what else waits: at most so many events, no subject twice. What has to wait for the
/// next group is held, in order.
async fn next_group(
    queue: &mut mpsc::Receiver<Pending>,
    held: &mut VecDeque<Pending>,
    answered: usize,
) -> Option<Vec<Pending>> {
    let first = match held.pop_front() {
        Some(pending) => pending,
        None => queue.recv().await?,
    };
    let_return(queue, answered).await;
    let mut subjects: HashSet<Arc<str>> = subjects_of(&first).into_iter().collect();
    let mut events = first.messages.len();
    let mut group = vec![first];
    let waiting = std::mem::take(held);
    // At most as many are looked at as one group can hold, so a hot aggregate cannot pile up what is held.
    let arrived = std::iter::from_fn(|| queue.try_recv().ok()).take(MAX_GROUP_EVENTS.saturating_sub(waiting.len()));
    for pending in waiting.into_iter().chain(arrived) {
        let fits = events + pending.messages.len() <= MAX_GROUP_EVENTS;
        let own = subjects_of(&pending);
        if fits && own.iter().all(|subject| !subjects.contains(subject)) {
            events += pending.messages.len();
            subjects.extend(own);
            group.push(pending);
        } else {
            held.push_back(pending);
        }
    }
    Some(group)
}

/// What waits for a subject that has just been stored can only conflict: it is told so without asking the server.
fn refuse_overtaken(held: &mut VecDeque<Pending>, stored: &HashSet<Arc<str>>) {
    for pending in std::mem::take(held) {
        if pending.messages.iter().any(|message| stored.contains(&message.subject)) {
            let _ = pending.answer.send(Err(AppendError::Conflict));
        } else {
            held.push_back(pending);
        }
    }
}

/// The messages of a batch lie side by side in the stream, so each append's position follows from the last one's.
fn positions(group: &[Vec<Message>], last: u64) -> Vec<Answer> {
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
