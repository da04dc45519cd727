//! The runner of one projection. While it holds the lease, the projection follows its stream from the checkpoint: alone
//! until it is near the other projections of the stream, then with them. It contains all faults of the projection.

use std::{convert::Infallible, sync::Arc};

use log_reader::Reader;
use platform::{Clock, Shutdown, config::ProjectionSettings};
use read_models::{PgPool, checkpoint, lease::Activity};
use tokio::sync::watch;

use crate::{
    batch::BatchReader,
    catalogue::Projection,
    fault::Fault,
    group::{Gate, Parting},
    lease::Lease,
    member::{self, Member},
    pace::Retry,
    parked,
    projector::Aggregates,
    rebuild,
    writer::{Place, Writer},
};

/// The number of parts of an automatic rebuild, which runs beside the other projections of the process.
const BUILD_WORKERS: usize = 2;

/// Keeps one projection up to date.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) projection: &'static Projection,
    pub(crate) journal: Reader,
    pub(crate) pool: PgPool,
    pub(crate) settings: ProjectionSettings,
    pub(crate) clock: Clock,
    /// The entrance to the group of the stream's projections.
    pub(crate) gate: Gate,
    pub(crate) lease: watch::Receiver<Lease>,
    /// Publishes the activity of the projection.
    pub(crate) activity: watch::Sender<Activity>,
    pub(crate) retry: Retry,
    /// Whether rows of an older version have been rebuilt.
    pub(crate) has_built: bool,
    /// Whether the events that were parked when this process first took over have been retried.
    pub(crate) has_retried: bool,
}

impl Runner {
    /// Runs until shutdown. It retries after temporary faults. A permanent fault halts the projection and shows in its
    /// readiness. Without the lease, it stands by.
    pub(crate) async fn run(mut self, shutdown: Shutdown) {
        let (mut lease, projection) = (self.lease.clone(), self.projection.name());
        loop {
            let held = tokio::select! {
                () = shutdown.cancelled() => return,
                held = self.stand_by() => held,
            };
            let fault = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                _ = lease.wait_for(|lease| *lease != held) => continue,
                fault = self.follow() => fault,
            };
            if self.is_following() {
                // It has made progress since the last fault.
                self.retry.reset();
            }
            match fault {
                // It can continue at once, so its readiness does not change.
                Fault::Moved(reason) => tracing::info!(projection, reason, "the checkpoint has moved"),
                Fault::Passing(reason) => self.wait(Activity::Waiting(reason)),
                Fault::Unbuilt(reason) => self.wait(Activity::Building(reason)),
                Fault::Refused(reason) | Fault::Lasting(reason) => {
                    tracing::error!(projection, reason, "the projection has halted");
                    self.report(Activity::Halted(reason));
                    return shutdown.cancelled().await;
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.retry.next_pause()) => {}
            }
        }
    }

    /// Waits for the lease and returns it. A process that waits because another one does the work is ready to take
    /// over.
    async fn stand_by(&mut self) -> Lease {
        loop {
            let lease = *self.lease.borrow_and_update();
            let is_held = f64::from(lease.is_held());
            metrics::gauge!("projection_active", "projection" => self.projection.name()).set(is_held);
            match lease {
                Lease::Held { .. } => return lease,
                Lease::Elsewhere => self.report(Activity::Following),
                Lease::Lost => self.report(Activity::Waiting("the database is unavailable".to_owned())),
                Lease::Unknown => {}
            }
            if self.lease.changed().await.is_err() {
                std::future::pending::<Infallible>().await;
            }
        }
    }

    fn is_following(&self) -> bool {
        *self.activity.borrow() == Activity::Following
    }

    /// Reports the reason for waiting, and logs it the first time.
    fn wait(&self, activity: Activity) {
        if self.is_following() {
            let (projection, reason) = (self.projection.name(), activity.reason());
            tracing::warn!(projection, reason, "the projection waits");
        }
        self.report(activity);
    }

    fn report(&self, activity: Activity) {
        drop(self.activity.send_replace(activity));
    }

    /// Follows the stream from the checkpoint until a fault occurs.
    async fn follow(&mut self) -> Fault {
        match self.follow_from_checkpoint().await {
            Ok(never) => match never {},
            Err(fault) => fault,
        }
    }

    async fn follow_from_checkpoint(&mut self) -> Result<Infallible, Fault> {
        let mut member = self.open().await?;
        self.retry_parked().await;
        // If there are events to read, only a successful write shows that writing works again.
        let status = self.journal.status(self.projection.context()).await;
        if status.is_ok_and(|status| status.last_position == member.position()) {
            self.report(Activity::Following);
        }
        loop {
            match self.gate.join(member).await {
                Parting::Elsewhere(returned) => member = returned,
                Parting::Fault(fault) => return Err(fault),
            }
            self.come_near(&mut member).await?;
        }
    }

    /// Follows alone until the group is near.
    async fn come_near(&mut self, member: &mut Member) -> Result<(), Fault> {
        let context = self.projection.context();
        let types = Aggregates::types([self.projection.aggregates()]);
        // A projection that is behind does not pause between batches.
        let nobody = Arc::default();
        let mut reader = BatchReader::open(
            &self.journal,
            &self.settings,
            context,
            &types,
            member.position(),
            nobody,
        );
        loop {
            let batch = tokio::select! {
                () = self.gate.is_near(member.position()) => return Ok(()),
                batch = reader.next() => batch?,
            };
            let fallen = member::write(&self.pool, context, &mut [&mut *member], &batch).await?;
            if let Some((_, fault)) = fallen.into_iter().next() {
                return Err(fault);
            }
            member.tell(&batch, &self.clock);
        }
    }

    /// Loads the checkpoint. It first rebuilds rows of an older version, once. It does not touch rows of a newer
    /// version.
    async fn open(&mut self) -> Result<Member, Fault> {
        let (name, context, version) = (
            self.projection.name(),
            self.projection.context(),
            self.projection.version(),
        );
        let mut loaded = checkpoint::load(&self.pool, name, context.name(), version).await?;
        if loaded.standing.version > version {
            return Err(Fault::Passing(format!(
                "the rows are of version {}, and this program folds version {version}: a newer program has built them",
                loaded.standing.version
            )));
        }
        if loaded.standing.version < version && !self.has_built {
            self.build(loaded.standing.version).await?;
            self.has_built = true;
            loaded = checkpoint::load(&self.pool, name, context.name(), version).await?;
        }
        let position = loaded.standing.position;
        if let Some(read) = loaded.hash.filter(|_| position > 0) {
            let found = self.journal.commit_hash(context, position).await;
            let found = found.map_err(|error| Fault::Passing(error.to_string()))?;
            if found.is_some_and(|found| found.to_string() != read) {
                return Err(Fault::Lasting(format!(
                    "stream {context} holds another commit at position {position} than was read there: the stream is not \
                     the one that was read"
                )));
            }
        }
        if let Some(listed) = self.projection.listed() {
            checkpoint::count_listed(&self.pool, name, listed).await?;
        }
        let place = Place::Live {
            version: loaded.standing.version,
        };
        let most_parked = self.settings.max_parked_events;
        let writer = Writer::open(self.pool.clone(), self.projection, place, position, most_parked).await?;
        Ok(Member::new(writer, self.clock.now(), self.activity.clone()))
    }

    /// Rebuilds the rows, because an older version of the projector folded them.
    async fn build(&self, before: u32) -> Result<(), Fault> {
        let (projection, version) = (self.projection.name(), self.projection.version());
        tracing::info!(projection, before, version, "the rows are being rebuilt");
        self.report(Activity::Building(format!(
            "version {version} replaces version {before}"
        )));
        let options = rebuild::Options {
            workers: BUILD_WORKERS,
            compares: false,
            projections: self.settings.clone(),
        };
        let tell = |progress: rebuild::Progress<'_>| tracing::debug!(projection, ?progress, "building");
        rebuild::rebuild(&self.journal, &self.pool, &[self.projection], &options, &tell)
            .await
            .map(drop)
            .map_err(|error| Fault::Unbuilt(error.to_string()))
    }

    /// Retries the parked events, because this program may be able to apply events that an older one could not.
    async fn retry_parked(&mut self) {
        if std::mem::replace(&mut self.has_retried, true) {
            return;
        }
        let projection = self.projection.name();
        let tell = |event: &read_models::parked::ParkedEvent, outcome: &parked::Outcome| {
            let position = event.event.position;
            tracing::info!(projection, position, ?outcome, "a parked event was retried");
        };
        if let Err(error) = parked::retry(&self.journal, &self.pool, self.projection, tell).await {
            tracing::warn!(projection, reason = %error, "the parked events could not be retried");
        }
    }
}
