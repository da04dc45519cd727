//! The runner: reads a stream from a projection's checkpoint, folds batch after batch, and commits the rows together
//! with the moved checkpoint. A checkpoint that is not where it was left fences a second runner off.

use std::{
    collections::{HashMap, HashSet},
    marker::PhantomData,
    time::Duration,
};

use journal::{FollowError, Follower, Journal, JournalEvent};
use platform::{Shutdown, config::ProjectionSettings, health::Readiness, telemetry::traceparent};
use read_models::{PgPool, ProjectedRow as _, checkpoint, checkpoint::AdvanceError};
use tokio::sync::watch;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::projector::{FoldError, Projector};

/// A batch's span links to the commands behind its events. The first few tell the story; five hundred would drown it.
const MOST_LINKS: usize = 16;

/// Why a run ended.
#[derive(Debug, thiserror::Error)]
enum Fault {
    /// It passes: start again from the checkpoint.
    #[error("{0}")]
    Passing(String),
    /// It does not pass.
    #[error("{0}")]
    Lasting(String),
}

impl From<read_models::Error> for Fault {
    fn from(error: read_models::Error) -> Self {
        Self::Passing(format!("the database does not answer: {error}"))
    }
}

impl From<AdvanceError> for Fault {
    fn from(error: AdvanceError) -> Self {
        match error {
            AdvanceError::Fenced { .. } => Self::Passing(error.to_string()),
            AdvanceError::Database(error) => error.into(),
        }
    }
}

impl From<FollowError> for Fault {
    fn from(error: FollowError) -> Self {
        Self::Lasting(error.to_string())
    }
}

/// How long to wait before the next try: twice as long each time, up to a bound.
#[derive(Debug)]
struct Retry {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Retry {
    const fn new(settings: &ProjectionSettings) -> Self {
        let first = Duration::from_millis(settings.retry_initial_ms);
        Self {
            first,
            longest: Duration::from_millis(settings.retry_max_ms),
            next: first,
        }
    }

    const fn reset(&mut self) {
        self.next = self.first;
    }

    fn next_pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause
    }
}

/// Keeps one projection up to date.
#[derive(Debug)]
pub struct Runner<P> {
    journal: Journal,
    pool: PgPool,
    batch_events: usize,
    readiness: watch::Sender<Readiness>,
    retry: Retry,
    projector: PhantomData<P>,
}

impl<P: Projector> Runner<P> {
    /// Makes a runner, and lets others watch whether it keeps up its projection, and if not, why.
    #[must_use]
    pub fn new(journal: Journal, pool: PgPool, settings: &ProjectionSettings) -> (Self, watch::Receiver<Readiness>) {
        let (readiness, watched) = watch::channel(Err("starting".to_owned()));
        let runner = Self {
            journal,
            pool,
            batch_events: settings.batch_events,
            retry: Retry::new(settings),
            readiness,
            projector: PhantomData,
        };
        (runner, watched)
    }

    /// Runs until the shutdown. What passes is waited for; what does not halts the projection and shows in its
    /// readiness.
    pub async fn run(mut self, shutdown: Shutdown) {
        loop {
            let fault = tokio::select! {
                () = shutdown.cancelled() => return,
                fault = self.follow() => fault,
            };
            let was_ready = self.readiness.borrow().is_ok();
            match fault {
                Fault::Passing(reason) => {
                    if was_ready {
                        self.retry.reset();
                        tracing::warn!(projection = P::NAME, reason, "the projection waits");
                    }
                    self.report(Err(reason));
                }
                Fault::Lasting(reason) => {
                    tracing::error!(projection = P::NAME, reason, "the projection has halted");
                    self.report(Err(format!("halted: {reason}")));
                    return shutdown.cancelled().await;
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.retry.next_pause()) => {}
            }
        }
    }

    fn report(&self, readiness: Readiness) {
        drop(self.readiness.send_replace(readiness));
    }

    /// Follows the stream from the checkpoint until something goes wrong.
    async fn follow(&self) -> Fault {
        match self.follow_from_checkpoint().await {
            Ok(never) => match never {},
            Err(fault) => fault,
        }
    }

    async fn follow_from_checkpoint(&self) -> Result<std::convert::Infallible, Fault> {
        let mut position = checkpoint::load(&self.pool, P::NAME, P::CONTEXT.name()).await?;
        let mut follower: Follower = self.journal.follow(P::CONTEXT, position);
        self.report(Ok(()));
        loop {
            let batch = follower.next_batch(self.batch_events).await?;
            let span = tracing::info_span!("project", projection = P::NAME, events = batch.len());
            for parent in batch
                .iter()
                .filter_map(|event| event.recorded.metadata.traceparent.as_deref())
                .take(MOST_LINKS)
            {
                traceparent::add_link(&span, parent);
            }
            position = self.apply(position, &batch).instrument(span).await?;
        }
    }

    /// Folds a batch and commits it. Answers with the new position.
    async fn apply(&self, from: u64, batch: &[JournalEvent]) -> Result<u64, Fault> {
        let to = batch.last().map_or(from, |event| event.recorded.position);
        let keyed = keyed::<P>(batch).map_err(|(event, error)| lasting::<P>(event, &error))?;
        let mut transaction = self.pool.begin().await?;
        if !keyed.is_empty() {
            let ids: HashSet<Uuid> = keyed.iter().map(|(id, _)| *id).collect();
            let ids: Vec<Uuid> = ids.into_iter().collect();
            let stored = P::Row::load(&mut transaction, &ids).await?;
            let mut rows: HashMap<Uuid, P::Row> = stored.into_iter().map(|row| (row.id(), row)).collect();
            for (id, event) in keyed {
                let row = P::fold(rows.remove(&id), event).map_err(|error| lasting::<P>(event, &error))?;
                rows.insert(id, row);
            }
            let rows: Vec<P::Row> = rows.into_values().collect();
            P::Row::store(&mut transaction, &rows).await?;
        }
        checkpoint::advance(&mut transaction, P::NAME, from, to).await?;
        transaction.commit().await?;
        metrics::counter!("projection_events_total", "projection" => P::NAME).increment(batch.len() as u64);
        metrics::gauge!("projection_position", "projection" => P::NAME).set(to as f64);
        Ok(to)
    }
}

type Keyed<'a> = Vec<(Uuid, &'a JournalEvent)>;

/// The events that concern the projection, each with the row it touches.
fn keyed<P: Projector>(batch: &[JournalEvent]) -> Result<Keyed<'_>, (&JournalEvent, FoldError)> {
    batch
        .iter()
        .filter_map(|event| match P::key(event) {
            Ok(key) => key.map(|id| Ok((id, event))),
            Err(error) => Some(Err((event, error))),
        })
        .collect()
}

fn lasting<P: Projector>(event: &JournalEvent, error: &FoldError) -> Fault {
    let recorded = &event.recorded;
    Fault::Lasting(format!(
        "stream {}, sequence {}, {}/{}, {}: {error}",
        P::CONTEXT,
        recorded.position,
        recorded.aggregate_type,
        recorded.aggregate_id,
        recorded.event_type
    ))
}
