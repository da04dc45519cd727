//! The one place where a stream's commands are decided. It follows the stream, folds what comes into the index, decides
//! what waits, in order, and keeps one commit on its way while the next one fills.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, FutureExt as _, pending};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep_until},
};

use super::{
    Neighbours,
    flight::{self, Landing},
    job::Job,
    view::{Ground, Undecided, View},
};
use crate::{
    AppendError, Commit, EventStore, Head, Receipt, StreamDefinition, SubscriptionError,
    commit::Draft,
    index::{self, Index, Layer, Standing},
};

/// A commit is sent once it is this large, even if more waits. One command can make a larger one.
const COMMIT_BYTES: usize = 64 << 10;
/// How many commands share a commit at most.
const COMMIT_COMMANDS: usize = 512;
/// How many commits are folded at a time, and how many batches of them wait.
const BATCH_EVENTS: usize = 2_000;
const BATCHES: usize = 4;
/// How often what was folded is written to the index's file.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// How long is waited before a question to the server is repeated.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest pause after a conflict with another process; it is drawn anew each time.
const LONGEST_CONFLICT_PAUSE: Duration = Duration::from_millis(4);

/// How far a stream's writer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nobody has needed it yet.
    Asleep,
    /// The index is being folded from the log.
    Building { position: u64, end: u64 },
    /// Commands are decided.
    Ready,
    /// The stream cannot be followed any further.
    Halted(String),
}

/// A stream's index and its writer.
#[derive(Clone, Debug)]
pub(crate) struct Started {
    pub(crate) index: Arc<Index>,
    pub(crate) queue: mpsc::Sender<Box<dyn Job>>,
    pub(crate) stage: watch::Receiver<Stage>,
    wake: Arc<Notify>,
}

impl Started {
    /// Lets the writer begin, if it has not.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.stage.borrow() == Stage::Ready
    }
}

/// What is on its way.
struct Flight {
    landing: BoxFuture<'static, Landing>,
    jobs: Vec<Box<dyn Job>>,
    layer: Layer,
    /// Where the stream will stand once it has landed; nothing of a mere question.
    standing: Option<Standing>,
}

/// What has been decided and is to leave next.
#[derive(Default)]
struct Pack {
    jobs: Vec<Box<dyn Job>>,
    layer: Layer,
    body: Vec<u8>,
    events: u32,
    receipts: Vec<Receipt>,
}

impl Pack {
    /// Whether there is something to store.
    fn is_commit(&self) -> bool {
        self.events > 0 || !self.receipts.is_empty()
    }
}

pub(crate) struct Writer {
    store: EventStore,
    stream: &'static StreamDefinition,
    neighbours: Arc<Neighbours>,
    index: Arc<Index>,
    queue: mpsc::Receiver<Box<dyn Job>>,
    stage: watch::Sender<Stage>,
    flight: Option<Flight>,
    pack: Pack,
    /// What has to be decided again, before anything else.
    again: VecDeque<Box<dyn Job>>,
    /// The stream is known to reach this far. Nothing is decided before it has been folded.
    known_last: u64,
    /// Commits that came while another one was on its way.
    ahead: VecDeque<Commit>,
    /// Nothing is sent before.
    not_before: Instant,
}

type Followed = Result<Vec<Commit>, SubscriptionError>;

impl Writer {
    /// Prepares the writer of a stream. It begins when it is woken.
    pub(crate) fn prepare(index: Index, queue: usize) -> (Started, Waiting) {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let (stage, watched) = watch::channel(Stage::Asleep);
        let started = Started {
            index: Arc::new(index),
            queue: sender,
            stage: watched,
            wake: Arc::default(),
        };
        let waiting = Waiting {
            index: Arc::clone(&started.index),
            queue: receiver,
            stage,
            wake: Arc::clone(&started.wake),
        };
        (started, waiting)
    }
}

/// A writer that has not begun.
pub(crate) struct Waiting {
    index: Arc<Index>,
    queue: mpsc::Receiver<Box<dyn Job>>,
    stage: watch::Sender<Stage>,
    wake: Arc<Notify>,
}

impl Waiting {
    /// Waits until it is woken, and runs for as long as the store is there.
    pub(crate) async fn run(self, store: EventStore, stream: &'static StreamDefinition, neighbours: Arc<Neighbours>) {
        let Self {
            index,
            queue,
            stage,
            wake,
        } = self;
        wake.notified().await;
        let writer = Writer {
            store,
            stream,
            neighbours,
            index,
            queue,
            stage,
            flight: None,
            pack: Pack::default(),
            again: VecDeque::new(),
            known_last: 0,
            ahead: VecDeque::new(),
            not_before: Instant::now(),
        };
        writer.run().await;
    }
}

impl Writer {
    async fn run(mut self) {
        let end = match self.begin().await {
            Ok(end) => end,
            Err(reason) => return self.halt(reason).await,
        };
        self.known_last = end;
        let (sender, mut followed) = mpsc::channel::<Followed>(BATCHES);
        let follower = tokio::spawn(follow(self.store.clone(), self.stream, self.index.standing(), sender));
        let _follower = AbortOnDrop(follower);
        self.tell_stage();
        let mut flush_at = Instant::now() + FLUSH_EVERY;
        loop {
            self.take_off();
            let decides = self.known_last <= self.index.standing().position && self.again.is_empty() && self.has_room();
            let wakes_at = self.wakes_at().min(flush_at);
            let landing = async {
                match &mut self.flight {
                    Some(flight) => (&mut flight.landing).await,
                    None => pending().await,
                }
            };
            let fault = tokio::select! {
                biased;
                landing = landing => self.land(landing).await,
                batch = followed.recv() => match batch {
                    Some(Ok(commits)) => self.take(commits).await,
                    Some(Err(error)) => Err(error.to_string()),
                    None => Err("the follower has ended".to_owned()),
                },
                job = self.queue.recv(), if decides => match job {
                    Some(job) => {
                        self.decide(job);
                        while self.has_room() && let Ok(job) = self.queue.try_recv() {
                            self.decide(job);
                        }
                        Ok(())
                    }
                    None => return self.flush().await,
                },
                () = sleep_until(wakes_at) => {
                    if Instant::now() >= flush_at {
                        self.flush().await;
                        flush_at = Instant::now() + FLUSH_EVERY;
                    }
                    self.expire();
                    Ok(())
                }
            };
            if let Err(reason) = fault {
                return self.halt(reason).await;
            }
        }
    }

    /// Checks that the index is of this log, and answers where the log ends now.
    async fn begin(&mut self) -> Result<u64, String> {
        let name = self.store.stream_name(self.stream);
        loop {
            let checked = async {
                let end = self
                    .store
                    .status(self.stream)
                    .await
                    .map_err(|error| error.to_string())?
                    .last_position;
                let standing = self.index.standing();
                if standing.position > 0 {
                    let which = serde_json::json!({ "seq": standing.position });
                    let found = self.store.wire().leaders_message(&name, &which).await?;
                    let commit = found.and_then(|message| {
                        let (sequence, headers) = (message.sequence, Some(&message.headers));
                        crate::decode(self.stream, sequence, headers, message.payload).ok()
                    });
                    if commit.is_none_or(|commit| commit.hash() != standing.hash) {
                        tracing::warn!(stream = name, "the local index is not of this log and is built anew");
                        self.index.clear().map_err(|error| error.to_string())?;
                    }
                }
                Ok::<_, String>(end)
            };
            match checked.await {
                Ok(end) => return Ok(end),
                Err(reason) => {
                    tracing::debug!(stream = name, reason, "the writer waits for its stream");
                    if self.stage.is_closed() {
                        return Err("the store is closing".to_owned());
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn has_room(&self) -> bool {
        self.pack.body.len() < COMMIT_BYTES && self.pack.jobs.len() < COMMIT_COMMANDS
    }

    fn tell_stage(&self) {
        let position = self.index.standing().position;
        let stage = match *self.stage.borrow() {
            Stage::Ready => return,
            _ if position >= self.known_last => Stage::Ready,
            _ => Stage::Building {
                position,
                end: self.known_last,
            },
        };
        self.stage.send_replace(stage);
    }

    /// Decides a job on what is there, and packs what it came to.
    fn decide(&mut self, mut job: Box<dyn Job>) {
        if job.is_abandoned() {
            return;
        }
        if job.deadline() <= Instant::now() {
            return job.settle(Err(AppendError::Unavailable("it has waited for too long".to_owned())));
        }
        let standing = self.index.standing();
        let in_flight = self.flight.as_ref().filter(|flight| flight.standing.is_some());
        let position = in_flight
            .and_then(|flight| flight.standing)
            .map_or(standing.position, |standing| standing.position)
            + 1;
        let mut older = vec![&self.pack.layer];
        older.extend(in_flight.map(|flight| &flight.layer));
        let ground = Ground {
            stream: self.stream,
            source: self.store.source(),
            index: &self.index,
            states: self.store.states(),
            neighbours: &self.neighbours,
            keyring: self.store.optional_keyring().map(|keyring| &**keyring),
            max_commit_bytes: self.store.max_commit_bytes(),
        };
        let mut view = View::new(&ground, &older, job.prepared(), position, self.pack.events);
        match job.decide(&mut view) {
            Ok(()) => {
                let View {
                    own,
                    body,
                    events,
                    receipts,
                    ..
                } = view;
                // What would make the commit too large for the server leaves with the next one.
                if self.pack.is_commit() && self.pack.body.len() + body.len() >= self.store.max_commit_bytes() {
                    self.again.push_back(job);
                    return;
                }
                if !self.pack.body.is_empty() && !body.is_empty() {
                    self.pack.body.push(b',');
                }
                self.pack.body.extend_from_slice(&body);
                self.pack.layer.extend(own);
                self.pack.events += events;
                self.pack.receipts.extend(receipts);
                self.pack.jobs.push(job);
            }
            Err(Undecided::Missing(missing)) => job.give_back(missing),
            Err(Undecided::Fault(error)) => job.settle(Err(error)),
        }
    }

    /// Sends what has been decided, if nothing is on its way; where nothing is to be stored, asks whether the stream has
    /// gone on.
    fn take_off(&mut self) {
        let standing = self.index.standing();
        if self.flight.is_some() || self.known_last > standing.position || Instant::now() < self.not_before {
            return;
        }
        while self.has_room()
            && let Some(job) = self.again.pop_front()
        {
            let waiting = self.again.len();
            self.decide(job);
            if self.again.len() > waiting {
                break;
            }
        }
        if self.pack.jobs.is_empty() {
            return;
        }
        let pack = std::mem::take(&mut self.pack);
        let deadline = pack.jobs.iter().map(|job| job.deadline()).max();
        let deadline = deadline.unwrap_or_else(Instant::now);
        let (wire, name) = (self.store.wire().clone(), self.store.stream_name(self.stream));
        let (landing, standing) = if pack.is_commit() {
            let mut body = Vec::with_capacity(pack.body.len() + 2);
            body.push(b'[');
            body.extend_from_slice(&pack.body);
            body.push(b']');
            let draft = Draft::new(standing.hash, &pack.receipts, body.into());
            let next = Standing {
                position: standing.position + 1,
                hash: draft.hash(),
            };
            metrics::histogram!("event_store_commit_events").record(f64::from(pack.events));
            let subject = self.store.subject(self.stream);
            let sent = flight::publish(wire, name, subject, draft, standing.position, deadline);
            (sent.boxed(), Some(next))
        } else {
            (flight::ask(wire, name, standing.position, deadline).boxed(), None)
        };
        self.flight = Some(Flight {
            landing,
            jobs: pack.jobs,
            layer: pack.layer,
            standing,
        });
    }

    async fn land(&mut self, landing: Landing) -> Result<(), String> {
        let Some(flight) = self.flight.take() else {
            return Ok(());
        };
        match landing {
            Landing::Stored => {
                let standing = flight.standing.unwrap_or_default();
                for (id, (state, version)) in flight.layer.states {
                    let head = Head {
                        version,
                        position: standing.position,
                    };
                    self.store.states().keep(id, state, head);
                }
                self.index.apply(flight.layer.entries, standing);
                for job in flight.jobs {
                    job.settle(Ok(standing.position));
                }
            }
            Landing::Current => {
                let position = self.index.standing().position;
                for job in flight.jobs {
                    job.settle(Ok(position));
                }
            }
            Landing::GoneOn { last } => {
                if flight.standing.is_some() {
                    metrics::counter!("event_store_conflicts_total", "stream" => self.stream.name).increment(1);
                    self.not_before = Instant::now() + jitter();
                }
                self.known_last = self.known_last.max(last);
                self.decide_again(flight.jobs);
            }
            Landing::Failed(error) => {
                // What was decided on top of it was decided on nothing.
                self.decide_again(Vec::new());
                for job in flight.jobs {
                    job.settle(Err(error.clone()));
                }
            }
        }
        let ahead: Vec<_> = self.ahead.drain(..).collect();
        self.take(ahead).await
    }

    /// Puts jobs, and those decided after them, back to be decided again, in order.
    fn decide_again(&mut self, jobs: Vec<Box<dyn Job>>) {
        let pack = std::mem::take(&mut self.pack);
        for job in jobs.into_iter().chain(pack.jobs).rev() {
            self.again.push_front(job);
        }
    }

    /// Folds commits that have come.
    async fn take(&mut self, commits: Vec<Commit>) -> Result<(), String> {
        let mut has_changed = false;
        for commit in commits {
            let standing = self.index.standing();
            if commit.position <= standing.position {
                if commit.position == standing.position && commit.hash() != standing.hash {
                    return Err(format!(
                        "sequence {} holds another commit than was stored",
                        commit.position
                    ));
                }
                continue;
            }
            // Whether it is the one on its way shows in a moment.
            if self.flight.as_ref().is_some_and(|flight| flight.standing.is_some()) {
                self.ahead.push_back(commit);
                continue;
            }
            self.fold(&commit).map_err(|error| error.to_string())?;
            has_changed = true;
            if self.index.is_full() {
                self.flush().await;
            }
        }
        if has_changed {
            // It was decided on what was there before.
            if let Some(flight) = self.flight.take() {
                self.decide_again(flight.jobs);
            } else {
                self.decide_again(Vec::new());
            }
            self.tell_stage();
        }
        Ok(())
    }

    fn fold(&self, commit: &Commit) -> Result<(), index::IndexError> {
        let mut layer = Layer::default();
        for event in &commit.events {
            index::note_event(&mut layer, event);
            index::fold(self.stream, event, &[], &*self.index, &mut layer)?;
        }
        for receipt in &commit.receipts {
            index::note_receipt(&mut layer, receipt, commit.position);
        }
        let standing = Standing {
            position: commit.position,
            hash: commit.hash(),
        };
        self.index.apply(layer.entries, standing);
        Ok(())
    }

    async fn flush(&mut self) {
        let index = Arc::clone(&self.index);
        let flushed = tokio::task::spawn_blocking(move || index.flush()).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(stream = self.stream.name, reason = %error, "the index is not written to its file");
        }
    }

    /// When something is to be done that nobody tells of: somebody has waited for too long, or a pause is over.
    fn wakes_at(&self) -> Instant {
        let now = Instant::now();
        let waiting = self.again.iter().chain(self.waiting_pack()).map(|job| job.deadline());
        let late = waiting.min().unwrap_or(now + FLUSH_EVERY);
        match self.not_before > now {
            true => late.min(self.not_before),
            false => late,
        }
    }

    /// What waits behind a commit on its way was decided on it, and shares its fate.
    fn waiting_pack(&self) -> &[Box<dyn Job>] {
        match self.flight {
            None => &self.pack.jobs,
            Some(_) => &[],
        }
    }

    /// Answers those who have waited for too long.
    fn expire(&mut self) {
        let now = Instant::now();
        let is_late = |job: &dyn Job| job.deadline() <= now;
        if self.known_last > self.index.standing().position {
            while let Ok(job) = self.queue.try_recv() {
                self.again.push_back(job);
            }
        }
        if self.waiting_pack().iter().any(|job| is_late(&**job)) {
            self.decide_again(Vec::new());
        }
        if self.again.iter().any(|job| is_late(&**job)) {
            let (late, waiting): (VecDeque<_>, VecDeque<_>) = self.again.drain(..).partition(|job| is_late(&**job));
            self.again = waiting;
            for job in late {
                let reason = "the stream has gone on, and what has come is not here yet".to_owned();
                job.settle(Err(AppendError::Unavailable(reason)));
            }
        }
    }

    /// Turns everything down until the store is dropped.
    async fn halt(mut self, reason: String) {
        tracing::error!(stream = self.stream.name, reason, "the writer has halted");
        let error = AppendError::Unavailable(format!("stream {} takes no commits: {reason}", self.stream.name));
        self.stage.send_replace(Stage::Halted(reason));
        let flight = self.flight.take();
        for job in flight.map(|flight| flight.jobs).into_iter().flatten() {
            job.settle(Err(AppendError::OutcomeUnknown));
        }
        for job in self.pack.jobs.drain(..).chain(self.again.drain(..)) {
            job.settle(Err(error.clone()));
        }
        while let Some(job) = self.queue.recv().await {
            job.settle(Err(error.clone()));
        }
    }
}

/// Follows the stream for the writer.
async fn follow(
    store: EventStore,
    stream: &'static StreamDefinition,
    standing: Standing,
    sender: mpsc::Sender<Followed>,
) {
    let mut subscription = store.subscribe(stream, standing.position).behind(standing.hash);
    loop {
        let batch = subscription.next_commits(BATCH_EVENTS).await;
        let is_over = batch.is_err();
        if sender.send(batch).await.is_err() || is_over {
            return;
        }
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "two processes that meet at the append condition must not meet again at once"
)]
fn jitter() -> Duration {
    let random = uuid::Uuid::new_v4().as_u128() as u32;
    LONGEST_CONFLICT_PAUSE.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
