//! Folds one stream into the parts of several versions. It reads the stream once, skips irrelevant events unopened, and
//! sends every other event to the part that owns its aggregate. Read-ahead and the queues of the parts are bounded.

use std::{collections::VecDeque, sync::Arc};

use log_reader::{Context, FollowError, FollowedEvent, Follower, Reader, RecordedEvent};
use platform::config::ProjectionSettings;
use read_models::PgPool;
use tokio::{
    sync::{mpsc, oneshot},
    task::{JoinHandle, JoinSet},
};

use crate::{
    fault::Fault,
    fold::recorded,
    projector::Aggregates,
    rebuild::{Member, RebuildError},
    writer::{Place, Writer},
};

/// The number of batches that are opened concurrently.
const AHEAD: usize = 2;
/// The capacity of a part's queue, and the maximum number of batches that a part gathers before it writes. The cost of
/// a transaction hardly depends on its size, so a part waits for a full batch of its own.
const QUEUED: usize = 8;
const GATHERED: usize = 16;

/// The relevant events of a read, and the position of the last event that was read.
struct Read {
    concerning: Vec<RecordedEvent>,
    to: u64,
}

/// Events that are being opened, and the end position of their read.
struct Opening {
    opened: JoinHandle<Result<Vec<FollowedEvent>, FollowError>>,
    to: u64,
}

/// An instruction to a part.
enum Work {
    /// Fold the events at these indexes of the batch, which ends at a position.
    Fold {
        batch: Arc<Vec<FollowedEvent>>,
        own: Vec<usize>,
        to: u64,
    },
    /// Write everything received, and confirm.
    Settle(oneshot::Sender<()>),
    /// Stop folding for this projection.
    Retire(&'static str),
}

/// The fold of one stream into parts.
pub(super) struct Fan {
    journal: Reader,
    context: Context,
    follower: Follower,
    batch_events: usize,
    batch_bytes: usize,
    /// The position up to which the parts have received events.
    position: u64,
    parts: Vec<mpsc::Sender<Work>>,
    tasks: JoinSet<Result<(), Fault>>,
}

impl Fan {
    /// Opens the parts of the versions, each at its position.
    pub(super) async fn open(
        journal: &Reader,
        pool: &PgPool,
        settings: &ProjectionSettings,
        parts: usize,
        members: Vec<Member>,
    ) -> Result<Self, RebuildError> {
        let from = members.iter().flat_map(|(_, positions)| positions).copied().min();
        let position = from.unwrap_or(0);
        let context = members
            .first()
            .map_or(Context::Patients, |(member, _)| member.context());
        let mut senders = Vec::with_capacity(parts);
        let mut tasks = JoinSet::new();
        for part in 0..parts {
            let mut writers = Vec::with_capacity(members.len());
            for (member, positions) in &members {
                let at = positions.get(part).copied().unwrap_or(0);
                let place = Place::Building { part };
                writers.push(Writer::open(pool.clone(), member, place, at, settings.max_parked_events).await?);
            }
            let (sender, receiver) = mpsc::channel(QUEUED);
            senders.push(sender);
            tasks.spawn(fold_part(writers, receiver, settings.batch_events));
        }
        let types = Aggregates::types(members.iter().map(|(member, _)| member.aggregates()));
        let follower = journal.follow(context, position).with_batch_bytes(settings.batch_bytes);
        Ok(Self {
            journal: journal.clone(),
            context,
            follower: follower.of_types(&types),
            batch_events: settings.batch_events,
            batch_bytes: settings.batch_bytes,
            position,
            parts: senders,
            tasks,
        })
    }

    /// The position up to which everything is written.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Folds up to a position, and waits until everything is written. `tell` receives the progress.
    pub(super) async fn fold_to(&mut self, target: u64, tell: &(dyn Fn(u64) + Sync)) -> Result<(), RebuildError> {
        if target <= self.position {
            return Ok(());
        }
        // A position beyond the end of the stream would be awaited for ever.
        let end = self.journal.status(self.context).await?.last_position;
        if end < target {
            return Err(RebuildError::Stopped(format!(
                "{} ends at {end}, before position {target} of the live rows: it is not the stream that \
                 they were folded from, or it has lost events",
                self.context
            )));
        }
        let mut opening: VecDeque<Opening> = VecDeque::new();
        while self.position < target {
            while self.follower.position() < target && opening.len() < AHEAD {
                let Read { concerning, to } = self.read(target).await?;
                let journal = self.journal.clone();
                let opened = tokio::spawn(async move { journal.read_each(concerning).await });
                opening.push_back(Opening { opened, to });
            }
            if let Some(Opening { opened, to }) = opening.pop_front() {
                let batch = opened.await.map_err(|error| RebuildError::Stopped(error.to_string()))?;
                self.hand_out(batch?, to).await?;
                tell(self.position);
            }
        }
        self.settle().await
    }

    /// Reads the next batch, up to the target at most. The stream can yield few events at a time, so this reads until
    /// the batch is full.
    async fn read(&mut self, target: u64) -> Result<Read, FollowError> {
        let (mut concerning, mut bytes) = (Vec::new(), 0);
        let end = target.min(self.follower.position() + self.batch_events as u64);
        while self.follower.position() < end && bytes < self.batch_bytes {
            let room = usize::try_from(end - self.follower.position()).unwrap_or(usize::MAX);
            let mut events = self.follower.next_recorded(room).await?;
            bytes += events.iter().map(|event| event.data.len()).sum::<usize>();
            concerning.append(&mut events);
        }
        let to = self.follower.position();
        Ok(Read { concerning, to })
    }

    /// Sends every part its events and the end position.
    async fn hand_out(&mut self, batch: Vec<FollowedEvent>, to: u64) -> Result<(), RebuildError> {
        let mut own: Vec<Vec<usize>> = vec![Vec::new(); self.parts.len()];
        for (at, event) in batch.iter().enumerate() {
            own[part_of(&recorded(event).aggregate_id, self.parts.len())].push(at);
        }
        let batch = Arc::new(batch);
        for (part, own) in own.into_iter().enumerate() {
            let batch = Arc::clone(&batch);
            self.send(part, Work::Fold { batch, own, to }).await?;
        }
        self.position = to;
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), RebuildError> {
        let mut settled = Vec::with_capacity(self.parts.len());
        for part in 0..self.parts.len() {
            let (sender, receiver) = oneshot::channel();
            self.send(part, Work::Settle(sender)).await?;
            settled.push(receiver);
        }
        for one in settled {
            if one.await.is_err() {
                return Err(self.why().await);
            }
        }
        Ok(())
    }

    /// Stops folding for a projection whose new version is in place.
    pub(super) async fn retire(&mut self, projection: &'static str) -> Result<(), RebuildError> {
        for part in 0..self.parts.len() {
            self.send(part, Work::Retire(projection)).await?;
        }
        Ok(())
    }

    async fn send(&mut self, part: usize, work: Work) -> Result<(), RebuildError> {
        match self.parts[part].send(work).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.why().await),
        }
    }

    /// The error with which a part has ended.
    async fn why(&mut self) -> RebuildError {
        match self.tasks.join_next().await {
            Some(Ok(Err(fault))) => fault.into(),
            Some(Err(error)) => RebuildError::Stopped(error.to_string()),
            Some(Ok(Ok(()))) | None => RebuildError::Stopped(format!("a part of {} has ended", self.context)),
        }
    }
}

/// Folds the events of one part until its queue is closed. It writes when a batch is full, or when asked to.
async fn fold_part(mut writers: Vec<Writer>, mut told: mpsc::Receiver<Work>, batch_events: usize) -> Result<(), Fault> {
    let mut batches: Vec<(Arc<Vec<FollowedEvent>>, Vec<usize>)> = Vec::new();
    let (mut waiting, mut end) = (0, 0);
    while let Some(work) = told.recv().await {
        let settled = match work {
            Work::Fold { batch, own, to } => {
                waiting += own.len();
                batches.push((batch, own));
                end = to;
                if waiting < batch_events && batches.len() < GATHERED {
                    continue;
                }
                None
            }
            Work::Settle(settled) => Some(settled),
            Work::Retire(projection) => {
                writers.retain(|writer| writer.projection().name() != projection);
                continue;
            }
        };
        let events: Vec<&FollowedEvent> = batches
            .iter()
            .flat_map(|(batch, own)| own.iter().map(|at| &batch[*at]))
            .collect();
        for writer in &mut writers {
            if end > writer.position() {
                writer.apply(&events, end).await?;
            }
        }
        batches.clear();
        waiting = 0;
        if let Some(settled) = settled {
            // The requester may have been cancelled.
            let _ = settled.send(());
        }
    }
    Ok(())
}

/// The part that owns an aggregate (FNV-1a). It must never change, because resumed builds depend on it.
fn part_of(aggregate_id: &str, parts: usize) -> usize {
    let hash = aggregate_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    usize::try_from(hash % parts.max(1) as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregate_stays_in_its_part() {
        let id = |number: u32| format!("01980f2e-0000-7000-8000-{number:012x}");
        assert_eq!(part_of(&id(1), 4), part_of(&id(1), 4));
        assert_eq!(
            part_of("", 4),
            0xcbf2_9ce4_8422_2325_u64 as usize % 4,
            "the assignment never changes"
        );
        let mut sizes = [0; 4];
        (0..1_000).for_each(|number| sizes[part_of(&id(number), 4)] += 1);
        assert!(sizes.iter().all(|size| (200..300).contains(size)), "{sizes:?}");
    }
}
