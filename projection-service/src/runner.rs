//! The runner: while it holds the projection's lease, it reads the stream from the checkpoint, folds batch after batch,
//! and commits the rows together with the moved checkpoint. A checkpoint that is not where it was left fences it off.

use std::{convert::Infallible, marker::PhantomData, pin::pin};

use chrono::{DateTime, Utc};
use futures_util::future::{Either, select};
use journal::{FollowedEvent, Journal};
use platform::{Clock, Shutdown, config::ProjectionSettings, health::Readiness, telemetry::traceparent};
use read_models::{PgPool, ProjectedRow as _, checkpoint};
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::{
    batch::Batch,
    catalogue::Projection,
    fault::Fault,
    fold::recorded,
    lease::Lease,
    pace::{BatchSize, Rests, Retry},
    parked,
    projector::{Aggregates, Projector},
    rebuild,
    writer::{Place, Writer},
};

/// A batch's span links to the commands behind its events. The first few tell the story; five hundred would drown it.
const MOST_LINKS: usize = 16;

/// In how many parts rows of another version are built: beside the other projections of the process.
const BUILD_WORKERS: usize = 2;

/// Keeps one projection up to date.
#[derive(Debug)]
pub(crate) struct Runner<P> {
    journal: Journal,
    pool: PgPool,
    settings: ProjectionSettings,
    clock: Clock,
    /// When this process last began to follow. How long what is older took to be seen says nothing about it.
    followed_since: DateTime<Utc>,
    lease: watch::Receiver<Lease>,
    readiness: watch::Sender<Readiness>,
    retry: Retry,
    /// Rows of an older version have been built anew.
    has_built: bool,
    /// What this process found parked when it first took over has been tried again.
    has_retried: bool,
    projector: PhantomData<P>,
}

impl<P: Projector> Runner<P> {
    /// Makes a runner. What it says of itself goes to `readiness`.
    pub(crate) fn new(
        journal: Journal,
        pool: PgPool,
        settings: &ProjectionSettings,
        clock: Clock,
        lease: watch::Receiver<Lease>,
        readiness: watch::Sender<Readiness>,
    ) -> Self {
        Self {
            journal,
            pool,
            settings: settings.clone(),
            followed_since: clock.now(),
            clock,
            lease,
            readiness,
            retry: Retry::new(settings),
            has_built: false,
            has_retried: false,
            projector: PhantomData,
        }
    }

    /// Runs until the shutdown. What passes is waited for; what does not halts the projection and shows in its
    /// readiness. Without the lease it stands by.
    pub(crate) async fn run(mut self, shutdown: Shutdown) {
        let mut lease = self.lease.clone();
        loop {
            let held = tokio::select! {
                () = shutdown.cancelled() => return,
                held = self.stand_by() => held,
            };
            let fault = tokio::select! {
                () = shutdown.cancelled() => return,
                _ = lease.wait_for(|lease| *lease != held) => continue,
                fault = self.follow() => fault,
            };
            match fault {
                // It can go on at once, so it stays as ready as it was.
                Fault::Moved(reason) => tracing::info!(projection = P::NAME, reason, "the checkpoint has moved"),
                Fault::Passing(reason) => {
                    if self.readiness.borrow().is_ok() {
                        tracing::warn!(projection = P::NAME, reason, "the projection waits");
                    }
                    self.report(Err(reason));
                }
                Fault::Refused(reason) | Fault::Lasting(reason) => {
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

    /// Waits for the lease, and answers with it. Whoever waits because another process does the work is ready to take over.
    async fn stand_by(&mut self) -> Lease {
        loop {
            let lease = *self.lease.borrow_and_update();
            metrics::gauge!("projection_active", "projection" => P::NAME).set(f64::from(lease.is_held()));
            match lease {
                Lease::Held { .. } => return lease,
                Lease::Elsewhere => self.report(Ok(())),
                Lease::Lost => self.report(Err("the database does not answer".to_owned())),
                Lease::Unknown => {}
            }
            if self.lease.changed().await.is_err() {
                std::future::pending::<Infallible>().await;
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

    async fn follow_from_checkpoint(&mut self) -> Result<Infallible, Fault> {
        let mut writer = self.open().await?;
        self.followed_since = self.clock.now();
        let mut follower = self
            .journal
            .follow(P::CONTEXT, writer.position())
            .of_types(&Aggregates::types([P::AGGREGATES]))
            .with_batch_bytes(self.settings.batch_bytes);
        self.retry_parked().await;
        // Where there is something to read, only having written it shows that writing works again.
        if self
            .journal
            .status(P::CONTEXT)
            .await
            .is_ok_and(|status| status.last_position == writer.position())
        {
            self.report(Ok(()));
        }
        let journal = self.journal.clone();
        let mut size = BatchSize::new(&self.settings);
        let mut max = size.next(false);
        let mut batch = Batch::fetch(&journal, &mut follower, max).await?;
        loop {
            // A stream that moves always has one more event; behind is who was given as many as they asked for.
            let is_behind = follower.is_behind() && batch.read >= max as u64;
            max = size.next(is_behind);
            let rests = Rests::begin();
            batch = if is_behind {
                // The next batch is read and opened while this one is written.
                let fetching = pin!(Batch::fetch(&journal, &mut follower, max));
                let applying = pin!(self.apply(&mut writer, &batch));
                match select(applying, fetching).await {
                    Either::Left((applied, fetching)) => {
                        applied?;
                        fetching.await?
                    }
                    Either::Right((fetched, applying)) => {
                        applying.await?;
                        fetched?
                    }
                }
            } else {
                self.apply(&mut writer, &batch).await?;
                rests.rest().await;
                Batch::fetch(&journal, &mut follower, max).await?
            };
            self.retry.reset();
        }
    }

    /// Finds the checkpoint. Rows of an older version are built anew first, once; those of a newer one are left alone.
    async fn open(&mut self) -> Result<Writer<P>, Fault> {
        let mut standing = checkpoint::load(&self.pool, P::NAME, P::CONTEXT.name(), P::VERSION).await?;
        if standing.version > P::VERSION {
            return Err(Fault::Passing(format!(
                "the rows are of version {}, and this program folds version {}: a newer one has built them",
                standing.version,
                P::VERSION
            )));
        }
        if standing.version < P::VERSION && !self.has_built {
            self.build(standing.version).await?;
            self.has_built = true;
            standing = checkpoint::load(&self.pool, P::NAME, P::CONTEXT.name(), P::VERSION).await?;
        }
        if let Some(listed) = P::Row::LISTED {
            checkpoint::count_listed(&self.pool, P::NAME, listed).await?;
        }
        let place = Place::Live {
            version: standing.version,
        };
        Writer::open(
            self.pool.clone(),
            place,
            standing.position,
            self.settings.max_parked_events,
        )
        .await
    }

    /// Builds the rows anew, because this program makes something else of the events than the one that folded them.
    async fn build(&self, before: u32) -> Result<(), Fault> {
        let Some(projection) = Projection::find(P::NAME) else {
            return Ok(());
        };
        let version = P::VERSION;
        tracing::info!(projection = P::NAME, before, version, "the rows are built anew");
        self.report(Err(format!(
            "building: version {version} takes the place of version {before}"
        )));
        let options = rebuild::Options {
            workers: BUILD_WORKERS,
            compares: false,
            projections: self.settings.clone(),
        };
        let tell = |progress: rebuild::Progress<'_>| tracing::debug!(projection = P::NAME, ?progress, "building");
        rebuild::rebuild(&self.journal, &self.pool, &[projection], &options, &tell)
            .await
            .map(drop)
            .map_err(|error| Fault::Passing(format!("building: {error}")))
    }

    /// Tries what is parked once more, because this program may be able to apply what the one before could not.
    async fn retry_parked(&mut self) {
        let Some(projection) = Projection::find(P::NAME).filter(|_| !self.has_retried) else {
            return;
        };
        self.has_retried = true;
        let tell = |event: &read_models::parked::ParkedEvent, outcome: &parked::Outcome| {
            tracing::info!(
                projection = P::NAME,
                position = event.event.position,
                ?outcome,
                "a parked event was tried again"
            );
        };
        if let Err(error) = parked::retry(&self.journal, &self.pool, projection, tell).await {
            tracing::warn!(projection = P::NAME, reason = %error, "the parked events could not be tried again");
        }
    }

    /// Applies a batch, and says so.
    async fn apply(&self, writer: &mut Writer<P>, batch: &Batch) -> Result<(), Fault> {
        let span = tracing::info_span!("project", projection = P::NAME, events = batch.read);
        for parent in batch
            .concerning
            .iter()
            .filter_map(|event| recorded(event).metadata.traceparent.as_deref())
            .take(MOST_LINKS)
        {
            traceparent::add_link(&span, parent);
        }
        let events: Vec<&FollowedEvent> = batch.concerning.iter().collect();
        writer.apply(&events, batch.to).instrument(span).await?;
        self.report(Ok(()));
        metrics::counter!("projection_events_total", "projection" => P::NAME).increment(batch.read);
        metrics::gauge!("projection_position", "projection" => P::NAME).set(writer.position() as f64);
        let now = self.clock.now();
        let visible = metrics::histogram!("projection_visible_seconds", "projection" => P::NAME);
        let times = batch.concerning.iter().map(|event| recorded(event).metadata.time);
        for time in times.filter(|time| *time >= self.followed_since) {
            visible.record((now - time).to_std().unwrap_or_default().as_secs_f64());
        }
        Ok(())
    }
}
