//! The projection side: folds the streams into the read models. It writes rows and nothing else.

mod projector;
mod projectors;
mod runner;

use journal::Journal;
use platform::{Shutdown, config::ProjectionSettings, health::Health};
pub use projector::{FoldError, Projector};
pub use projectors::{
    AccountProjector, AppointmentProjector, CachedPatientProjector, InvoiceProjector, LedgerProjector,
    PatientProjector, PaymentProjector, PractitionerProjector, PrescriptionProjector,
};
use read_models::PgPool;
pub use runner::Runner;
use tokio::task::JoinSet;

/// The projections of one process.
#[derive(Debug)]
pub struct Projections {
    runners: JoinSet<()>,
    health: Health,
}

impl Projections {
    /// Starts every projection. Each adds a check of its own to the health of the process.
    #[must_use]
    pub fn start(
        journal: &Journal,
        pool: &PgPool,
        settings: &ProjectionSettings,
        health: Health,
        shutdown: &Shutdown,
    ) -> Self {
        let mut projections = Self {
            runners: JoinSet::new(),
            health,
        };
        projections.add::<PatientProjector>("projection patient", journal, pool, settings, shutdown);
        projections.add::<CachedPatientProjector>("projection cached_patient", journal, pool, settings, shutdown);
        projections.add::<PractitionerProjector>("projection practitioner", journal, pool, settings, shutdown);
        projections.add::<AppointmentProjector>("projection appointment", journal, pool, settings, shutdown);
        projections.add::<PrescriptionProjector>("projection prescription", journal, pool, settings, shutdown);
        projections.add::<AccountProjector>("projection account", journal, pool, settings, shutdown);
        projections.add::<LedgerProjector>("projection ledger_posting", journal, pool, settings, shutdown);
        projections.add::<PaymentProjector>("projection payment", journal, pool, settings, shutdown);
        projections.add::<InvoiceProjector>("projection invoice", journal, pool, settings, shutdown);
        projections
    }

    fn add<P: Projector>(
        &mut self,
        check: &'static str,
        journal: &Journal,
        pool: &PgPool,
        settings: &ProjectionSettings,
        shutdown: &Shutdown,
    ) {
        let (runner, readiness) = Runner::<P>::new(journal.clone(), pool.clone(), settings);
        self.health = std::mem::take(&mut self.health).state(check, readiness);
        self.runners.spawn(runner.run(shutdown.clone()));
    }

    /// The health of the process, with a check for every projection.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Waits until every projection has stopped, after the shutdown has begun.
    pub async fn stopped(mut self) {
        while self.runners.join_next().await.is_some() {}
    }
}
