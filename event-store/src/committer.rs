//! Group commit: one task a stream takes the appends that wait and stores them together.
//!
//! There is no timer. While one commit is in flight the next group collects, so a lone append goes out at once and a
//! crowd shares the price of one durable write. A rejected group is split until the append that is at fault stands
//! alone, so one conflict never fails its neighbours.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use tokio::sync::{mpsc, oneshot};

use crate::{
    append::{AppendError, Appended},
    envelope,
    wire::{Message, Outcome, Wire},
};

/// The most events in one group. Larger batches gain little and make each other wait.
const MAX_GROUP_EVENTS: usize = 500;
/// Below this many single-event appends, publishes sent side by side are faster than one atomic batch, whose price is
/// several disk syncs however small it is.
const BATCH_FROM: usize = 16;
/// How often a publish whose outcome is unknown, or that met a passing fault, is tried in all.
const MAX_ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(20);

type Answer = Result<Appended, AppendError>;

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
        let mut held = VecDeque::new();
        while let Some(group) = next_group(&mut queue, &mut held).await {
            let subjects = group.iter().map(subjects_of).collect::<Vec<_>>();
            let (messages, senders): (Vec<_>, Vec<_>) = group.into_iter().map(|p| (p.messages, p.answer)).unzip();
            metrics::histogram!("event_store_group_events").record(messages.iter().map(Vec::len).sum::<usize>() as f64);
            let answers = self.commit(messages).await;
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

    /// Stores a group and answers each append, in order.
    fn commit(&self, group: Vec<Vec<Message>>) -> BoxFuture<'_, Vec<Answer>> {
        async move {
            let singles = group.iter().all(|messages| messages.len() == 1);
            if group.len() == 1 || (singles && group.len() < BATCH_FROM) {
                return join_all(group.iter().map(|messages| self.commit_alone(messages))).await;
            }
            let batch: Vec<Message> = group.iter().flatten().cloned().collect();
            match self.wire.publish_batch(&batch).await {
                Outcome::Committed { sequence } => positions(&group, sequence),
                Outcome::Unavailable => group.iter().map(|_| Err(not_connected())).collect(),
                Outcome::Conflict | Outcome::Refused(_) | Outcome::Transient(_) | Outcome::Unknown => {
                    let mut first = group;
                    let second = first.split_off(first.len().div_ceil(2));
                    let mut answers = self.commit(first).await;
                    answers.extend(self.commit(second).await);
                    answers
                }
            }
        }
        .boxed()
    }

    /// Stores one append by itself, for as often as trying again can help.
    async fn commit_alone(&self, messages: &[Message]) -> Answer {
        let mut in_doubt = false;
        let mut last_fault = String::new();
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(attempt)).await;
            }
            let outcome = match messages {
                [message] => self.wire.publish_one(message).await,
                messages => self.wire.publish_batch(messages).await,
            };
            match outcome {
                Outcome::Committed { sequence } => return Ok(Appended { position: sequence }),
                Outcome::Refused(reason) => return Err(AppendError::Refused(reason)),
                // The subject may exist because an earlier attempt, or the group this append was in, did arrive.
                Outcome::Conflict => match self.find(messages).await {
                    Ok(Some(position)) => return Ok(Appended { position }),
                    Ok(None) => return Err(AppendError::Conflict),
                    Err(_) => return Err(AppendError::OutcomeUnknown),
                },
                Outcome::Unavailable => last_fault = "not connected".to_owned(),
                Outcome::Transient(reason) => last_fault = reason,
                Outcome::Unknown => {
                    in_doubt = true;
                    if let Ok(Some(position)) = self.find(messages).await {
                        return Ok(Appended { position });
                    }
                }
            }
        }
        Err(if in_doubt {
            AppendError::OutcomeUnknown
        } else {
            AppendError::Unavailable(last_fault)
        })
    }

    /// Looks for the append's last event in the leader's copy: its position if it is there with the same event id.
    async fn find(&self, messages: &[Message]) -> Result<Option<u64>, String> {
        let Some(last) = messages.last() else { return Ok(None) };
        let found = self.wire.leaders_copy(&self.stream, &last.subject).await?;
        Ok(found
            .filter(|stored| envelope::event_id(&stored.headers) == Some(last.event_id))
            .map(|stored| stored.sequence))
    }
}

fn not_connected() -> AppendError {
    AppendError::Unavailable("not connected".to_owned())
}

fn subjects_of(pending: &Pending) -> Vec<Arc<str>> {
    pending.messages.iter().map(|message| message.subject.clone()).collect()
}

/// Waits for an append and takes what else waits: at most so many events, no subject twice. What has to wait for the
/// next group is held, in order.
async fn next_group(queue: &mut mpsc::Receiver<Pending>, held: &mut VecDeque<Pending>) -> Option<Vec<Pending>> {
    let first = match held.pop_front() {
        Some(pending) => pending,
        None => queue.recv().await?,
    };
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
    let mut position = last - total;
    group
        .iter()
        .map(|messages| {
            position += messages.len() as u64;
            Ok(Appended { position })
        })
        .collect()
}
