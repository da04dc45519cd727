//! The projection side: folds the streams into the read models. It writes rows and nothing else.

mod batch;
mod catalogue;
mod fault;
mod fold;
pub mod http;
mod lease;
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
use journal::Journal;
use platform::{Clock, Shutdown, config::ProjectionSettings, health::Health};
pub use projector::{Aggregates, FoldError, Projector};
pub use projectors::{
    AccountProjector, AppointmentProjector, BillingIndexProjector, CachedPatientProjector, EventIndexProjector,
    IndexedStream, InvoiceProjector, LedgerProjector, PatientProjector, PatientsIndexProjector, PaymentProjector,
    PractitionerProjector, PrescribingIndexProjector, PrescriptionProjector, SchedulingIndexProjector,
};
use read_models::PgPool;
use tokio::{sync::watch, task::JoinSet};

use crate::{lease::LeaseKeeper, runner::Runner};

/// The projections of one process.
#[derive(Debug)]
pub struct Projections {
    tasks: JoinSet<()>,
    health: Health,
}

/// What every projection is started with.
struct Starting<'a> {
    journal: &'a Journal,
    pool: &'a PgPool,
    settings: &'a ProjectionSettings,
    clock: &'a Clock,
    shutdown: &'a Shutdown,
    leases: LeaseKeeper,
    remarks: Vec<(&'static str, observer::Remark)>,
}

impl Projections {
    /// Starts every projection. Each adds a check of its own to the health of the process. Of several processes, one
    /// advances a projection, and the others stand by.
    #[must_use]
    pub fn start(
        journal: &Journal,
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
        let mut starting = Starting {
            journal,
            pool,
            settings,
            clock,
            shutdown,
            leases: LeaseKeeper::new(),
            remarks: Vec::new(),
        };
        projections.add::<PatientProjector>("projection patient", &mut starting);
        projections.add::<CachedPatientProjector>("projection cached_patient", &mut starting);
        projections.add::<PractitionerProjector>("projection practitioner", &mut starting);
        projections.add::<AppointmentProjector>("projection appointment", &mut starting);
        projections.add::<PrescriptionProjector>("projection prescription", &mut starting);
        projections.add::<AccountProjector>("projection account", &mut starting);
        projections.add::<LedgerProjector>("projection ledger_posting", &mut starting);
        projections.add::<PaymentProjector>("projection payment", &mut starting);
        projections.add::<InvoiceProjector>("projection invoice", &mut starting);
        projections.add::<PatientsIndexProjector>("projection event_index_patients", &mut starting);
        projections.add::<SchedulingIndexProjector>("projection event_index_scheduling", &mut starting);
        projections.add::<PrescribingIndexProjector>("projection event_index_prescribing", &mut starting);
        projections.add::<BillingIndexProjector>("projection event_index_billing", &mut starting);
        let Starting { leases, remarks, .. } = starting;
        projections.tasks.spawn(leases.run(pool.clone(), shutdown.clone()));
        let observing = observer::observe(journal.clone(), pool.clone(), clock.clone(), remarks, shutdown.clone());
        projections.tasks.spawn(observing);
        projections
    }

    fn add<P: Projector>(&mut self, check: &'static str, starting: &mut Starting<'_>) {
        let (readiness, watched) = watch::channel(Err("starting".to_owned()));
        let (remark, remarked) = watch::channel(None);
        let lease = starting.leases.want(P::NAME.to_owned(), watched.clone());
        starting.remarks.push((P::NAME, remark));
        let runner = Runner::<P>::new(
            starting.journal.clone(),
            starting.pool.clone(),
            starting.settings,
            starting.clock.clone(),
            lease,
            readiness,
        );
        self.health = std::mem::take(&mut self.health)
            .state(check, watched)
            .remark(check, remarked);
        self.tasks.spawn(runner.run(starting.shutdown.clone()));
    }

    /// The health of the process, with a check for every projection.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Waits until every projection has stopped, after the shutdown has begun.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
