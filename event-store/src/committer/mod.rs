//! Group commit: one task a stream takes the appends that wait and stores them together.
//!
//! While a batch is being stored the next one collects, so a lone append goes out at once and a crowd shares the price of
//! one durable write. There is no fixed time to collect for: what is waited follows from what a batch takes. What leaves
//! when is decided in `line.rs`; how a group is stored, and what is done when it is not, in `commit.rs`.

mod commit;
mod line;

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout, timeout_at},
};

use self::{
    commit::{Answer, Commits},
    line::{InFlight, Line},
};
use crate::{
    append::AppendError,
    wire::{Batch, Message, Wire},
};

/// How many turns of the runtime without a further append say that no more of those just answered come back at once.
const QUIET_TURNS: u32 = 64;

/// An append that waits for its commit.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) messages: Vec<Message>,
    pub(crate) answer: oneshot::Sender<Answer>,
}

impl Pending {
    fn subjects(&self) -> impl Iterator<Item = &Arc<str>> {
        self.messages.iter().map(|message| &message.subject)
    }
}

/// Starts the task for a stream. It ends when the last sender is gone and everything that waited has been answered.
pub(crate) fn start(wire: Wire, stream: String, queue_appends: usize) -> mpsc::Sender<Pending> {
    let (sender, queue) = mpsc::channel(queue_appends);
    tokio::spawn(run(Commits { wire, stream }, queue));
    sender
}

async fn run(commits: Commits, mut queue: mpsc::Receiver<Pending>) {
    let (mut line, mut in_flight) = (Line::default(), InFlight::default());
    let mut flights = FuturesUnordered::new();
    loop {
        arrive(&mut queue, &mut line);
        while let Some(group) = line.leave(&mut in_flight) {
            flights.push(store(&commits, group, None));
        }
        let rest = in_flight.rest();
        tokio::select! {
            biased;
            Some(Landed { group, answers, took }) = flights.next() => {
                in_flight.land(&group, took);
                let answered = group.len();
                answer(group, answers, &mut line);
                if in_flight.takes_crowd(answered) {
                    let (group, ahead) = board(&commits, &mut queue, &mut line, &mut in_flight, answered).await;
                    if !group.is_empty() {
                        in_flight.depart(&group);
                        flights.push(store(&commits, group, ahead));
                    }
                }
            }
            Some(pending) = queue.recv(), if !line.is_full() => line.push(pending),
            () = sleep_until(rest.unwrap_or_else(Instant::now)), if rest.is_some() && line.len() > 0 => {}
            else => return,
        }
    }
}

/// Puts what has arrived into the line, as far as there is room.
fn arrive(queue: &mut mpsc::Receiver<Pending>, line: &mut Line) {
    while !line.is_full()
        && let Ok(pending) = queue.try_recv()
    {
        line.push(pending);
    }
}

/// Lets the crowd that has just been answered come back with its next appends, for as long as more of it does: otherwise
/// the first to come would have a commit for themselves, and the crowd would wait for that. Where half of it has come back,
/// nobody is waited for by the clock. Meanwhile what has come is sent ahead, so that the server works while the callers do.
async fn board<'a>(
    commits: &'a Commits,
    queue: &mut mpsc::Receiver<Pending>,
    line: &mut Line,
    in_flight: &mut InFlight,
    answered: usize,
) -> (Vec<Pending>, Option<Batch<'a>>) {
    let (mut group, mut quiet) = (Vec::new(), 0);
    let mut ahead = commits.wire.open_batch();
    loop {
        arrive(queue, line);
        let before = group.len();
        line.board_batch(&mut group, in_flight);
        quiet = if group.len() > before { 0 } else { quiet + 1 };
        if group.len() + line.len() + 1 >= answered {
            break;
        }
        if quiet == QUIET_TURNS {
            let rest = in_flight.rest().filter(|_| in_flight.is_idle());
            let Some(until) = rest.filter(|_| group.len() * 2 < answered) else {
                break;
            };
            let Ok(Some(pending)) = timeout_at(until, queue.recv()).await else {
                break;
            };
            line.push(pending);
            quiet = 0;
            continue;
        }
        if group.len() - before > 0 {
            let messages: Vec<&Message> = group.iter().flat_map(|pending: &Pending| &pending.messages).collect();
            // What cannot be sent ahead is sent in the end, or the batch fails then.
            let _ = timeout(commits.wire.timeout(), ahead.send_ahead(&messages)).await;
        }
        tokio::task::yield_now().await;
    }
    let ahead = ahead.is_begun().then_some(ahead);
    (group, ahead)
}

/// A group that has been stored, or not.
struct Landed {
    group: Vec<Pending>,
    answers: Vec<Answer>,
    took: Duration,
}

async fn store(commits: &Commits, group: Vec<Pending>, ahead: Option<Batch<'_>>) -> Landed {
    let began = Instant::now();
    let appends: Vec<&[Message]> = group.iter().map(|pending| pending.messages.as_slice()).collect();
    let events: usize = appends.iter().map(|messages| messages.len()).sum();
    metrics::histogram!("event_store_group_events").record(events as f64);
    let answers = commits.store(&appends, ahead).await;
    Landed {
        group,
        answers,
        took: began.elapsed(),
    }
}

/// Answers the appends of a group, and those in the line that have been overtaken by it.
fn answer(group: Vec<Pending>, answers: Vec<Answer>, line: &mut Line) {
    let stored: HashSet<Arc<str>> = group
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.is_ok())
        .flat_map(|(pending, _)| pending.subjects().cloned())
        .collect();
    // A caller may have gone away; its append is durable all the same.
    for overtaken in line.overtaken(&stored) {
        let _ = overtaken.answer.send(Err(AppendError::Conflict));
    }
    for (pending, answer) in group.into_iter().zip(answers) {
        let _ = pending.answer.send(answer);
    }
}
