//! The reactors: they turn events of one context into commands in another. Each has its own position on the server, and
//! is idempotent. Reactors make no decisions; the commands do.
//!
//! Reactors do not depend on the order of the stream: each checks the current state when it acts. Later events may
//! therefore overtake a retried one.

mod attempt;
mod backoff;
mod bill;
mod bill_appointment;
mod care;
mod fees;
mod in_error;
mod monitor;
mod open_account;
mod reaction;
mod recheck_booking;
mod recheck_prescription;
mod retry;
mod runner;
mod undo_visit;
mod withdraw_care;

use std::{sync::Arc, time::Duration};

use commands::Commands;
use platform::{Health, Shutdown};
use read_models::PgPool;
use settings::{ReactorSettings, Settings};
use tokio::task::JoinSet;

pub use fees::{FeeError, fee_schedule};
pub use journal::ReactorStatus;
pub use reaction::{Description, Fault, Outcome, Reactor};
pub use retry::Retried;

use self::{
    bill_appointment::BillAppointments, care::Care, monitor::Monitor, open_account::OpenAccounts,
    recheck_booking::RecheckBookings, recheck_prescription::RecheckPrescriptions, runner::Runner,
    undo_visit::UndoVisits, withdraw_care::WithdrawCare,
};

/// The descriptions of all reactors.
pub static ALL: [&Description; 6] = [
    &open_account::DESCRIPTION,
    &bill_appointment::DESCRIPTION,
    &withdraw_care::DESCRIPTION,
    &recheck_booking::DESCRIPTION,
    &recheck_prescription::DESCRIPTION,
    &undo_visit::DESCRIPTION,
];

/// All reactors with their dependencies.
#[derive(Clone, Debug)]
pub struct Reactors {
    commands: Commands,
    settings: ReactorSettings,
    all: Vec<Arc<dyn Reactor>>,
}

/// The running reactors of a process.
#[derive(Debug)]
pub struct Running {
    tasks: JoinSet<()>,
    health: Health,
}

impl Reactors {
    /// Creates the reactors. They read the read models; the commands that they execute do not.
    ///
    /// # Errors
    /// The fee settings are invalid.
    pub fn new(commands: &Commands, pool: &PgPool, settings: &Settings) -> Result<Self, FeeError> {
        let max_wait = Duration::from_millis(settings.reactors.max_wait_ms);
        let care = Care::new(commands.clone(), pool.clone(), max_wait);
        Ok(Self {
            commands: commands.clone(),
            settings: settings.reactors.clone(),
            all: vec![
                Arc::new(OpenAccounts::new(commands.clone())),
                Arc::new(BillAppointments::new(
                    commands.clone(),
                    fee_schedule(&settings.billing.fees)?,
                )),
                Arc::new(WithdrawCare::new(commands.clone(), care.clone())),
                Arc::new(RecheckBookings::new(commands.clone())),
                Arc::new(RecheckPrescriptions::new(commands.clone())),
                Arc::new(UndoVisits::new(commands.clone(), care)),
            ],
        })
    }

    /// Finds a reactor by its description.
    pub(crate) fn find(&self, description: &Description) -> Option<&dyn Reactor> {
        let mut all = self.all.iter().map(AsRef::as_ref);
        all.find(|reactor| reactor.description() == description)
    }

    /// Starts all reactors. Each adds a note to the health of the process without affecting its readiness: commands
    /// continue while a reactor waits.
    #[must_use]
    pub fn start(&self, mut health: Health, shutdown: &Shutdown) -> Running {
        let mut tasks = JoinSet::new();
        for reactor in &self.all {
            let (runner, readiness) = Runner::new(self.commands.clone(), Arc::clone(reactor), &self.settings);
            health = health.note(reactor.description().check, readiness);
            tasks.spawn(runner.run(shutdown.clone()));
            let monitor = Monitor::new(self.commands.clone(), Arc::clone(reactor));
            tasks.spawn(monitor.run(shutdown.clone()));
        }
        Running { tasks, health }
    }
}

impl Running {
    /// The health of the process, with a note per reactor.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Waits until all reactors have stopped after shutdown.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
