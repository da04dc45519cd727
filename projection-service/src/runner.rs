//! The runner: reads a stream from a projection's checkpoint, folds batch after batch, and commits the rows together
//! with the moved checkpoint. A checkpoint that is not where it was left fences a second runner off.

use std::{
    collections::{HashMap, HashSet},
    marker::PhantomData,
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt as _};
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
        if read_models::is_lasting(&error) {
            Self::Lasting(format!("the database does not take the rows: {error}"))
        } else {
            Self::Passing(format!("the database does not answer: {error}"))
        }
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

impl From<FoldError> for Fault {
    fn from(error: FoldError) -> Self {
        Self::Lasting(error.to_string())
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
            match fault {
                Fault::Passing(reason) => {
                    if self.readiness.borrow().is_ok() {
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
    async fn follow(&mut self) -> Fault {
        match self.follow_from_checkpoint().await {
            Ok(never) => match never {},
            Err(fault) => fault,
        }
    }

    async fn follow_from_checkpoint(&mut self) -> Result<std::convert::Infallible, Fault> {
        let mut position = checkpoint::load(&self.pool, P::NAME, P::CONTEXT.name()).await?;
        let mut follower: Follower = self.journal.follow(P::CONTEXT, position);
        // Where there is something to read, only having written it shows that writing works again.
        if self
            .journal
            .status(P::CONTEXT)
            .await
            .is_ok_and(|status| status.last_position == position)
        {
            self.report(Ok(()));
        }
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
            self.retry.reset();
            self.report(Ok(()));
        }
    }

    /// Applies a batch. A batch that will never be taken whole is halved until the event at fault stands alone, so that
    /// all before it is applied and the fault names it.
    fn apply<'a>(&'a self, from: u64, batch: &'a [JournalEvent]) -> BoxFuture<'a, Result<u64, Fault>> {
        async move {
            match (self.apply_whole(from, batch).await, batch) {
                (Err(Fault::Lasting(reason)), [event]) => Err(Fault::Lasting(describe::<P>(event, &reason))),
                (Err(Fault::Lasting(_)), batch) if batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    let between = self.apply(from, first).await?;
                    self.apply(between, second).await
                }
                (applied, _) => applied,
            }
        }
        .boxed()
    }

    /// Folds a batch and commits it with the moved checkpoint. Answers with the new position.
    async fn apply_whole(&self, from: u64, batch: &[JournalEvent]) -> Result<u64, Fault> {
        let to = batch.last().map_or(from, |event| event.recorded.position);
        let keyed = keyed::<P>(batch)?;
        let mut transaction = self.pool.begin().await?;
        if !keyed.is_empty() {
            let ids: HashSet<Uuid> = keyed.iter().map(|(id, _)| *id).collect();
            let ids: Vec<Uuid> = ids.into_iter().collect();
            let stored = P::Row::load(&mut transaction, &ids).await?;
            let mut rows: HashMap<Uuid, P::Row> = stored.into_iter().map(|row| (row.id(), row)).collect();
            for (id, event) in keyed {
                let row = P::fold(rows.remove(&id), event)?;
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

/// The events that concern the projection, each with the row it touches.
fn keyed<P: Projector>(batch: &[JournalEvent]) -> Result<Vec<(Uuid, &JournalEvent)>, FoldError> {
    batch
        .iter()
        .filter_map(|event| P::key(event).map(|key| key.map(|id| (id, event))).transpose())
        .collect()
}

fn describe<P: Projector>(event: &JournalEvent, reason: &str) -> String {
    let recorded = &event.recorded;
    format!(
        "stream {}, sequence {}, {}/{}, {}: {reason}",
        P::CONTEXT,
        recorded.position,
        recorded.aggregate_type,
        recorded.aggregate_id,
        recorded.event_type
    )
}
