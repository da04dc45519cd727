//! The projection side: folds the streams into the read models. Its only effect is to write rows.

mod batch;
mod catalogue;
mod fault;
mod fold;
mod group;
pub mod http;
mod lease;
mod member;
mod observer;
mod pace;
pub mod parked;
mod projector;
mod projectors;
pub mod rebuild;
mod runner;
pub mod status;
pub mod verify;
mod writer;

pub use catalogue::{ALL, Projection};
use log_reader::{Context, Reader};
use platform::{Clock, Shutdown, config::ProjectionSettings, health::Health};
use read_models::{PgPool, demand, lease::Activity};
use tokio::{sync::watch, task::JoinSet};

use crate::{group::Group, lease::LeaseKeeper, pace::Retry, runner::Runner};

/// The projections of one process.
#[derive(Debug)]
pub struct Projections {
    tasks: JoinSet<()>,
    health: Health,
}

impl Projections {
    /// Starts all projections, grouped by stream, each with its own health check. If several processes run, one of them
    /// advances a projection and the others stand by.
    #[must_use]
    pub fn start(
        journal: &Reader,
        pool: &PgPool,
        settings: &ProjectionSettings,
        clock: &Clock,
        health: Health,
        shutdown: &Shutdown,
    ) -> Self {
        let mut projections = Self {
            tasks: JoinSet::new(),
            health,
        };
        let (mut leases, mut remarks) = (LeaseKeeper::new(), Vec::new());
        let demand = demand::Listener::new(Context::ALL.map(Context::name));
        for context in Context::ALL {
            let wanted = demand.of(context.name());
            let (group, gate) = Group::new(journal.clone(), pool.clone(), settings, clock.clone(), context, wanted);
            for projection in ALL.iter().filter(|projection| projection.context() == context) {
                let (activity, watched) = watch::channel(Activity::Waiting("starting".to_owned()));
                let (remark, remarked) = watch::channel(None);
                let runner = Runner {
                    projection,
                    journal: journal.clone(),
                    pool: pool.clone(),
                    settings: settings.clone(),
                    clock: clock.clone(),
                    gate: gate.clone(),
                    lease: leases.want(projection.name().to_owned(), watched.clone()),
                    activity,
                    retry: Retry::new(settings),
                    has_built: false,
                    has_retried: false,
                };
                remarks.push((projection.name(), remark));
                projections.health = std::mem::take(&mut projections.health)
                    .state(projection.check(), watched)
                    .remark(projection.check(), remarked);
                projections.tasks.spawn(runner.run(shutdown.clone()));
            }
            projections.tasks.spawn(group.run(shutdown.clone()));
        }
        let (stop, listening) = (shutdown.clone(), pool.clone());
        projections.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = demand.listen(listening) => {}
            }
        });
        projections.tasks.spawn(leases.run(pool.clone(), shutdown.clone()));
        let observing = observer::observe(journal.clone(), pool.clone(), clock.clone(), remarks, shutdown.clone());
        projections.tasks.spawn(observing);
        projections
    }

    /// The health of the process, with a check per projection.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Waits until all projections have stopped after shutdown.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
