//! The reactors: what an event in one context sets off in another. Each turns events into commands, has a position of its
//! own at the server, and stands a repetition. None decides anything that a command would not.
//!
//! None needs the order of the stream: each looks at how things stand when it acts, so an event that is tried again may
//! be overtaken by later ones.

mod attempt;
mod backoff;
mod bill_appointment;
mod care;
mod fees;
mod monitor;
mod open_account;
mod reaction;
mod recheck_booking;
mod recheck_prescription;
mod retry;
mod runner;
mod withdraw_care;

use std::{sync::Arc, time::Duration};

use commands::Commands;
use platform::{
    Health, Shutdown,
    config::{ReactorSettings, Settings},
};
use read_models::PgPool;
use tokio::task::JoinSet;

pub use fees::{FeeError, fee_schedule};
pub use journal::ReactorStatus;
pub use reaction::{Description, Fault, Outcome, Reactor};
pub use retry::Retried;

use self::{
    bill_appointment::BillAppointments, care::Care, monitor::Monitor, open_account::OpenAccounts,
    recheck_booking::RecheckBookings, recheck_prescription::RecheckPrescriptions, runner::Runner,
    withdraw_care::WithdrawCare,
};

/// What every reactor is called, and what it reacts to.
pub static ALL: [&Description; 5] = [
    &open_account::DESCRIPTION,
    &bill_appointment::DESCRIPTION,
    &withdraw_care::DESCRIPTION,
    &recheck_booking::DESCRIPTION,
    &recheck_prescription::DESCRIPTION,
];

/// Every reactor, with what it needs.
#[derive(Clone, Debug)]
pub struct Reactors {
    commands: Commands,
    settings: ReactorSettings,
    all: Vec<Arc<dyn Reactor>>,
}

/// The reactors that run in one process.
#[derive(Debug)]
pub struct Running {
    tasks: JoinSet<()>,
    health: Health,
}

impl Reactors {
    /// Makes the reactors. Only they read the read models; the commands they give do not.
    ///
    /// # Errors
    /// The fees of the settings cannot be charged.
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
                Arc::new(WithdrawCare::new(commands.clone(), care)),
                Arc::new(RecheckBookings::new(commands.clone())),
                Arc::new(RecheckPrescriptions::new(commands.clone())),
            ],
        })
    }

    /// The reactor that is so described.
    pub(crate) fn find(&self, description: &Description) -> Option<&dyn Reactor> {
        let mut all = self.all.iter().map(AsRef::as_ref);
        all.find(|reactor| reactor.description() == description)
    }

    /// Starts all of them. Each shows how it is in the health of the process, which is ready without them: commands go on
    /// while a reactor waits.
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
    /// The health of the process, with a note for every reactor.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Waits until every reactor has stopped, after the shutdown has begun.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
