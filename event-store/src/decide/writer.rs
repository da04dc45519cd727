//! A stream's writer. It follows the stream, folds commits into the index and decides queued commands in order. One
//! commit is in flight while the next one fills.

use std::{
    collections::VecDeque,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt as _, pending};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};

use super::{
    Neighbours,
    flight::{self, Landing, Sending},
    job::Job,
    pulse::Pulse,
    stage::{Stage, Started},
    view::{Ground, Undecided, View},
};
use crate::{
    AppendError, Commit, EventStore, Head, Receipt, StreamDefinition, SubscriptionError,
    commit::Draft,
    index::{self, Index, IndexError, Layer, Standing},
};

/// A commit of this size takes no further commands. A single command can make a larger one.
const COMMIT_BYTES: usize = 64 << 10;
/// The maximum number of commands in a commit.
const COMMIT_COMMANDS: usize = 512;
/// How many events a batch holds before no further commit is added, and how many batches may wait.
const BATCH_EVENTS: usize = 2_000;
const BATCHES: usize = 4;
/// How often the index is written to its file, and jobs that were given up are dropped.
const TICK: Duration = Duration::from_secs(1);
/// The pause before a question to the server is repeated.
const PAUSE: Duration = Duration::from_millis(200);
/// How long the stream may be silent before the server is asked for news.
const ASK_AFTER: Duration = Duration::from_secs(2);
/// The reason that is given once the store has been closed.
const CLOSED: &str = "the store has been closed";
/// The pause after a conflict with a commit that has not been received yet.
const UNSEEN_PAUSE: Duration = Duration::from_millis(10);

/// A commit or a question in flight.
struct Flight {
    landing: BoxFuture<'static, Landing>,
    jobs: Vec<Box<dyn Job>>,
    layer: Layer,
    /// The stream's standing once the commit is stored; `None` for a question.
    standing: Option<Standing>,
}

/// Decisions that leave with the next commit.
#[derive(Default)]
struct Pack {
    jobs: Vec<Box<dyn Job>>,
    layer: Layer,
    body: Vec<u8>,
    events: u32,
    receipts: Vec<Receipt>,
    /// The size of the receipts.
    receipt_bytes: usize,
}

impl Pack {
    /// Whether there is anything to store.
    fn is_commit(&self) -> bool {
        self.events > 0 || !self.receipts.is_empty()
    }

    fn bytes(&self) -> usize {
        self.body.len() + self.receipt_bytes
    }
}

/// The result of deciding a job.
enum Next {
    /// The job is packed or answered.
    Done,
    /// The job would make the commit too large, and leaves with the next one.
    NoRoom(Box<dyn Job>),
}

pub(crate) struct Writer {
    store: EventStore,
    stream: &'static StreamDefinition,
    neighbours: Arc<Neighbours>,
    index: Arc<Index>,
    queue: mpsc::Receiver<Box<dyn Job>>,
    stage: watch::Sender<Stage>,
    pulse: Arc<Pulse>,
    flight: Option<Flight>,
    pack: Pack,
    /// Jobs to decide again, before any new job.
    again: VecDeque<Box<dyn Job>>,
    /// How many of these are each sent in a commit of their own, because the server refused them together.
    singly: usize,
    /// The last known sequence of the stream. Nothing is decided before it has been folded.
    known_last: u64,
    /// Nothing is sent before this instant.
    not_before: Instant,
    /// The running write of the index to its file.
    flushing: Option<JoinHandle<Result<(), IndexError>>>,
}

type Followed = Result<Vec<Commit>, SubscriptionError>;

impl Writer {
    /// Prepares the writer of a stream. It starts when it is woken.
    pub(crate) fn prepare(index: Index, queue: usize) -> (Started, Waiting) {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let (stage, watched) = watch::channel(Stage::Asleep);
        let started = Started {
            index: Arc::new(index),
            queue: sender,
            stage: watched,
            pulse: Arc::default(),
            wake: Arc::default(),
            close: Arc::default(),
        };
        let waiting = Waiting {
            index: Arc::clone(&started.index),
            queue: receiver,
            stage,
            pulse: Arc::clone(&started.pulse),
            wake: Arc::clone(&started.wake),
            close: Arc::clone(&started.close),
        };
        (started, waiting)
    }
}

/// A writer that has not started.
pub(crate) struct Waiting {
    index: Arc<Index>,
    queue: mpsc::Receiver<Box<dyn Job>>,
    stage: watch::Sender<Stage>,
    pulse: Arc<Pulse>,
    wake: Arc<Notify>,
    close: Arc<Notify>,
}

impl Waiting {
    /// Waits until it is woken, and runs until the store is closed or dropped.
    pub(crate) async fn run(self, store: EventStore, stream: &'static StreamDefinition, neighbours: Arc<Neighbours>) {
        let Self {
            index,
            queue,
            stage,
            pulse,
            wake,
            close,
        } = self;
        tokio::select! {
            biased;
            () = close.notified() => {
                stage.send_replace(Stage::Halted(CLOSED.to_owned()));
                return;
            }
            () = wake.notified() => {}
        }
        let mut writer = Writer {
            store,
            stream,
            neighbours,
            index,
            queue,
            stage,
            pulse,
            flight: None,
            pack: Pack::default(),
            again: VecDeque::new(),
            singly: 0,
            known_last: 0,
            not_before: Instant::now(),
            flushing: None,
        };
        // A panic in a model must not leave commands without an answer.
        let running = AssertUnwindSafe(writer.run()).catch_unwind();
        let halted = tokio::select! {
            halted = running => halted,
            () = close.notified() => return writer.end().await,
        };
        writer.halt(match halted {
            Ok(reason) => reason,
            Err(_) => "the writer has panicked".to_owned(),
        });
        tokio::select! {
            () = writer.turn_down() => {}
            () = close.notified() => writer.end().await,
        }
    }
}

impl Writer {
    /// Runs until the stream cannot be followed any further, and returns the reason.
    async fn run(&mut self) -> String {
        self.begin().await;
        let (sender, mut followed) = mpsc::channel::<Followed>(BATCHES);
        // The follower ends with this set.
        let mut follower = JoinSet::new();
        follower.spawn(follow(self.store.clone(), self.stream, self.index.standing(), sender));
        self.tell_stage();
        let mut tick_at = Instant::now() + TICK;
        loop {
            self.take_off();
            let decides = self.is_level() && self.again.is_empty() && self.has_room();
            let paused = self.not_before > Instant::now();
            let wakes_at = if paused { tick_at.min(self.not_before) } else { tick_at };
            let landing = async {
                match &mut self.flight {
                    Some(flight) => (&mut flight.landing).await,
                    None => pending().await,
                }
            };
            let flushed = async {
                match &mut self.flushing {
                    Some(flushing) => flushing.await,
                    None => pending().await,
                }
            };
            let outcome = tokio::select! {
                biased;
                landing = landing => {
                    self.land(landing);
                    Ok(())
                }
                batch = followed.recv() => match batch {
                    Some(Ok(commits)) => self.take(commits).await,
                    Some(Err(error)) => Err(error.to_string()),
                    None => Err(end_of(&mut follower).await),
                },
                flushed = flushed => {
                    self.flushing = None;
                    self.flushed(flushed.unwrap_or_else(|error| Err(IndexError::of(&error))))
                }
                job = self.queue.recv(), if decides => {
                    let mut next = job;
                    while let Some(job) = next {
                        if let Next::NoRoom(job) = self.decide(job) {
                            self.again.push_back(job);
                        }
                        next = match self.has_room() && self.again.is_empty() {
                            true => self.queue.try_recv().ok(),
                            false => None,
                        };
                    }
                    Ok(())
                }
                () = sleep_until(wakes_at) => {
                    if Instant::now() >= tick_at {
                        self.tick();
                        tick_at = Instant::now() + TICK;
                    }
                    Ok(())
                }
            };
            if let Err(reason) = outcome.and_then(|()| self.index.fault().map_or(Ok(()), Err)) {
                return reason;
            }
        }
    }

    /// Checks that the index belongs to this log, and reads where the log ends.
    async fn begin(&mut self) {
        let name = self.store.stream_name(self.stream);
        loop {
            match self.check_index(&name).await {
                Ok(end) => {
                    self.known_last = end;
                    self.pulse.beat();
                    return;
                }
                Err(reason) => {
                    tracing::debug!(stream = name, reason, "the writer waits for its stream");
                    self.stage.send_replace(Stage::Opening(reason));
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn check_index(&mut self, name: &str) -> Result<u64, String> {
        let status = self.store.status(self.stream).await;
        let end = status.map_err(|error| error.to_string())?.last_position;
        let standing = self.index.standing();
        if standing.position == 0 {
            return Ok(end);
        }
        let which = serde_json::json!({ "seq": standing.position });
        let found = self.store.wire().leaders_message(name, &which).await?;
        let commit = found.and_then(|message| {
            let (sequence, headers) = (message.sequence, Some(&message.headers));
            crate::decode(self.stream, sequence, headers, message.payload).ok()
        });
        if commit.is_none_or(|commit| commit.hash() != standing.hash) {
            tracing::warn!(stream = name, "the local index belongs to another log and is rebuilt");
            self.index.clear().map_err(|error| error.to_string())?;
        }
        Ok(end)
    }

    /// Whether the index includes everything that is known of the stream.
    fn is_level(&self) -> bool {
        self.known_last <= self.index.standing().position
    }

    fn has_room(&self) -> bool {
        self.pack.bytes() < COMMIT_BYTES && self.pack.jobs.len() < COMMIT_COMMANDS
    }

    fn tell_stage(&self) {
        let position = self.index.standing().position;
        let stage = match *self.stage.borrow() {
            Stage::Ready => return,
            _ if self.is_level() => Stage::Ready,
            _ => Stage::Building {
                position,
                end: self.known_last,
            },
        };
        self.stage.send_replace(stage);
    }

    /// Decides a job on the current state, and packs the result.
    fn decide(&mut self, mut job: Box<dyn Job>) -> Next {
        if job.claim().is_given_up() {
            return Next::Done;
        }
        let standing = self.index.standing();
        let in_flight = self.flight.as_ref().filter(|flight| flight.standing.is_some());
        let last = in_flight.and_then(|flight| flight.standing).unwrap_or(standing);
        let mut older = vec![&self.pack.layer];
        older.extend(in_flight.map(|flight| &flight.layer));
        let max_commit_bytes = self.store.max_commit_bytes();
        let ground = Ground {
            stream: self.stream,
            source: self.store.source(),
            index: &self.index,
            states: self.store.states(),
            neighbours: &self.neighbours,
            keyring: self.store.optional_keyring().map(|keyring| &**keyring),
            max_commit_bytes,
        };
        let mut view = View::new(&ground, &older, job.prepared(), last.position + 1, self.pack.events);
        match catch_unwind(AssertUnwindSafe(|| job.decide(&mut view))) {
            Ok(Ok(())) => {}
            Ok(Err(Undecided::Missing(missing))) => {
                job.give_back(missing);
                return Next::Done;
            }
            Ok(Err(Undecided::Fault(error))) => {
                job.settle(Err(error));
                return Next::Done;
            }
            Err(_) => {
                tracing::error!(stream = self.stream.name, "a decision has panicked");
                job.settle(Err(AppendError::Refused("the decision has panicked".to_owned())));
                return Next::Done;
            }
        }
        let View {
            own,
            body,
            events,
            receipts,
            receipt_bytes,
            ..
        } = view;
        let bytes = body.len() + receipt_bytes;
        if bytes > max_commit_bytes {
            let reason = format!("the decision is larger than {max_commit_bytes} bytes");
            job.settle(Err(AppendError::Refused(reason)));
            return Next::Done;
        }
        // The 1 is the comma between two bodies.
        if self.pack.is_commit() && bytes > 0 && self.pack.bytes() + bytes + 1 > max_commit_bytes {
            return Next::NoRoom(job);
        }
        if !self.pack.body.is_empty() && !body.is_empty() {
            self.pack.body.push(b',');
        }
        self.pack.body.extend_from_slice(&body);
        self.pack.layer.extend(own);
        self.pack.events += events;
        self.pack.receipts.extend(receipts);
        self.pack.receipt_bytes += receipt_bytes;
        self.pack.jobs.push(job);
        Next::Done
    }

    /// Sends the packed decisions, if nothing is in flight. With nothing to store, it asks whether the stream has
    /// advanced.
    fn take_off(&mut self) {
        if self.flight.is_some() || !self.is_level() || Instant::now() < self.not_before {
            return;
        }
        loop {
            self.fill();
            if self.pack.jobs.is_empty() {
                return;
            }
            if !self.pack.is_commit() || self.pack.jobs.iter().all(|job| job.claim().send()) {
                break;
            }
            // A caller has given up, and later decisions may depend on that job.
            for job in &self.pack.jobs {
                job.claim().wait_again();
            }
            self.decide_again(Vec::new());
        }
        let standing = self.index.standing();
        let pack = mem::take(&mut self.pack);
        let deadline = pack.jobs.iter().map(|job| job.deadline()).max();
        let deadline = deadline.unwrap_or_else(Instant::now);
        let (wire, stream) = (self.store.wire().clone(), self.store.stream_name(self.stream));
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
            let sending = Sending {
                wire,
                stream,
                subject: self.store.subject(self.stream),
                draft,
                expected: standing.position,
                deadline,
            };
            (flight::publish(sending).boxed(), Some(next))
        } else {
            (flight::ask(wire, stream, standing.position, deadline).boxed(), None)
        };
        self.flight = Some(Flight {
            landing,
            jobs: pack.jobs,
            layer: pack.layer,
            standing,
        });
    }

    /// Decides jobs again, as long as the next commit has room.
    fn fill(&mut self) {
        let most = if self.singly > 0 { 1 } else { COMMIT_COMMANDS };
        while self.has_room() && self.pack.jobs.len() < most {
            let Some(job) = self.again.pop_front() else {
                self.singly = 0;
                return;
            };
            if let Next::NoRoom(job) = self.decide(job) {
                self.again.push_front(job);
                return;
            }
            self.singly = self.singly.saturating_sub(1);
        }
    }

    fn land(&mut self, landing: Landing) {
        let Some(flight) = self.flight.take() else {
            return;
        };
        match (landing, flight.standing) {
            (Landing::Stored, Some(standing)) => {
                self.pulse.beat();
                for (id, decided) in flight.layer.states {
                    let head = Head {
                        version: decided.version,
                        position: standing.position,
                    };
                    self.store.states().keep(id, decided.state, head, decided.era);
                }
                self.index.apply(flight.layer.entries, standing);
                for job in flight.jobs {
                    job.settle(Ok(standing.position));
                }
            }
            (Landing::Current | Landing::Stored, _) => {
                self.pulse.beat();
                let position = self.index.standing().position;
                for job in flight.jobs {
                    job.settle(Ok(position));
                }
            }
            (Landing::GoneOn { last }, standing) => {
                if standing.is_some() {
                    metrics::counter!("event_store_conflicts_total", "stream" => self.stream.name).increment(1);
                }
                self.known_last = self.known_last.max(last);
                // Otherwise the writer waits for the known commits anyway. In measurements, a longer pause gave no
                // more commits and longer waits.
                if self.is_level() {
                    self.not_before = Instant::now() + UNSEEN_PAUSE;
                }
                self.decide_again(flight.jobs);
            }
            (Landing::Shorter { last }, _) => {
                let read = self.index.standing().position;
                let reason = format!("it ends at sequence {last}, although sequence {read} was read");
                self.pulse.trouble(reason.clone());
                let error = AppendError::Unavailable(format!("stream {}: {reason}", self.stream.name));
                self.fail(flight.jobs, &error);
            }
            // A single command may be at fault.
            (Landing::Failed(AppendError::Full(_) | AppendError::Refused(_)), Some(_)) if flight.jobs.len() > 1 => {
                let jobs = flight.jobs.len();
                self.decide_again(flight.jobs);
                self.singly = jobs;
            }
            (Landing::Failed(error), _) => self.fail(flight.jobs, &error),
        }
    }

    /// Fails jobs. Everything that was decided on top of them is decided again.
    fn fail(&mut self, jobs: Vec<Box<dyn Job>>, error: &AppendError) {
        self.decide_again(Vec::new());
        for job in jobs {
            job.settle(Err(error.clone()));
        }
    }

    /// Queues jobs, and those decided after them, to be decided again in order. Jobs past their deadline are
    /// answered.
    fn decide_again(&mut self, jobs: Vec<Box<dyn Job>>) {
        let pack = mem::take(&mut self.pack);
        let now = Instant::now();
        for job in jobs.into_iter().chain(pack.jobs).rev() {
            if job.deadline() <= now {
                let reason = "the stream kept advancing".to_owned();
                job.settle(Err(AppendError::Unavailable(reason)));
                continue;
            }
            job.claim().wait_again();
            self.again.push_front(job);
        }
    }

    /// Folds received commits. An empty batch means that the stream has no new commits.
    async fn take(&mut self, commits: Vec<Commit>) -> Result<(), String> {
        self.pulse.beat();
        let mut has_changed = false;
        for commit in commits {
            let standing = self.index.standing();
            if commit.position < standing.position {
                continue;
            }
            let hash = commit.hash();
            if commit.position == standing.position {
                if hash == standing.hash {
                    continue;
                }
                let position = commit.position;
                return Err(format!(
                    "sequence {position} holds a different commit than the stored one"
                ));
            }
            // The next commit shows whether the commit in flight was stored, whether or not its answer comes.
            match self.flight.as_ref().and_then(|flight| flight.standing) {
                Some(next) if next.hash == hash => {
                    self.land(Landing::Stored);
                    continue;
                }
                Some(_) => self.land(Landing::GoneOn { last: commit.position }),
                None => {}
            }
            self.fold(&commit, hash).map_err(|error| error.to_string())?;
            has_changed = true;
            if self.index.is_full() {
                self.write_index().await?;
            }
        }
        if has_changed {
            // The packed jobs were decided on the state before these commits. Only a question can be in flight.
            let jobs = self.flight.take().map(|flight| flight.jobs);
            self.decide_again(jobs.unwrap_or_default());
        }
        self.tell_stage();
        Ok(())
    }

    fn fold(&self, commit: &Commit, hash: crate::CommitHash) -> Result<(), IndexError> {
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
            hash,
        };
        self.index.apply(layer.entries, standing);
        Ok(())
    }

    /// Starts to write the index to its file, after the previous write.
    async fn write_index(&mut self) -> Result<(), String> {
        if let Some(flushing) = &mut self.flushing {
            if !self.index.is_overfull() {
                return Ok(());
            }
            let flushed = flushing.await;
            self.flushing = None;
            self.flushed(flushed.unwrap_or_else(|error| Err(IndexError::of(&error))))?;
        }
        self.begin_flush();
        Ok(())
    }

    fn begin_flush(&mut self) {
        let index = Arc::clone(&self.index);
        self.flushing = Some(tokio::task::spawn_blocking(move || index.flush()));
    }

    /// Logs a failed write. The failure is fatal once too many entries wait in memory.
    fn flushed(&self, flushed: Result<(), IndexError>) -> Result<(), String> {
        let Err(error) = flushed else { return Ok(()) };
        tracing::warn!(stream = self.stream.name, reason = %error, "the index cannot be written to its file");
        match self.index.is_overfull() {
            true => Err(error.to_string()),
            false => Ok(()),
        }
    }

    fn tick(&mut self) {
        if self.flushing.is_none() && self.index.is_dirty() {
            self.begin_flush();
        }
        self.again.retain(|job| !job.claim().is_given_up());
        // A writer that is behind takes nothing from the queue, and jobs that were given up would fill it.
        if !self.is_level() {
            while self.again.len() < self.queue.max_capacity()
                && let Ok(job) = self.queue.try_recv()
            {
                if !job.claim().is_given_up() {
                    self.again.push_back(job);
                }
            }
        }
    }

    /// Writes the index to its file, and ends.
    async fn end(&mut self) {
        self.stop(CLOSED.to_owned());
        if let Some(flushing) = self.flushing.take() {
            let _ = flushing.await;
        }
        let index = Arc::clone(&self.index);
        let flushed = tokio::task::spawn_blocking(move || index.flush()).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(stream = self.stream.name, reason = %error, "the index cannot be written to its file");
        }
    }

    fn halt(&mut self, reason: String) {
        tracing::error!(stream = self.stream.name, reason, "the writer has halted");
        self.stop(reason);
    }

    /// Answers everything that waits, and stops deciding.
    fn stop(&mut self, reason: String) {
        let stage = Stage::Halted(reason);
        let error = AppendError::Unavailable(stage.words(self.stream));
        self.stage.send_replace(stage);
        if let Some(flight) = self.flight.take() {
            let outcome = match flight.standing {
                Some(_) => AppendError::OutcomeUnknown,
                None => error.clone(),
            };
            for job in flight.jobs {
                job.settle(Err(outcome.clone()));
            }
        }
        for job in self.pack.jobs.drain(..).chain(self.again.drain(..)) {
            job.settle(Err(error.clone()));
        }
        while let Ok(job) = self.queue.try_recv() {
            job.settle(Err(error.clone()));
        }
    }

    /// Rejects all jobs until the store is dropped.
    async fn turn_down(&mut self) {
        while let Some(job) = self.queue.recv().await {
            let words = self.stage.borrow().words(self.stream);
            job.settle(Err(AppendError::Unavailable(words)));
        }
    }
}

/// Why the follower has ended. A runtime that shuts down ends it without a reason, and the writer right after it.
async fn end_of(follower: &mut JoinSet<()>) -> String {
    match follower.join_next().await {
        Some(Err(error)) if error.is_cancelled() => pending().await,
        _ => "the follower has ended".to_owned(),
    }
}

/// Follows the stream and passes commits to the writer.
async fn follow(
    store: EventStore,
    stream: &'static StreamDefinition,
    standing: Standing,
    sender: mpsc::Sender<Followed>,
) {
    let subscription = store.subscribe(stream, standing.position).behind(standing.hash);
    let mut subscription = subscription.that_tells_of_silence(ASK_AFTER);
    loop {
        let batch = subscription.next_commits(BATCH_EVENTS).await;
        let is_over = batch.is_err();
        if sender.send(batch).await.is_err() || is_over {
            return;
        }
    }
}
