//! `patient.registered`: opens the patient's account, unless it is open already.

use commands::{CommandError, Commands, OpenAccount, Refusal};
use domain::patient::PatientRefusal;
use futures_util::future::{BoxFuture, FutureExt as _};
use journal::{Context, JournalEvent};

use crate::{Description, Fault, Outcome, Reactor, care};

pub(crate) static DESCRIPTION: Description = Description {
    name: "open-account",
    check: "reactor open-account",
    context: Context::Patients,
    event_types: &["patient.registered"],
};

/// Opens accounts.
#[derive(Debug)]
pub(crate) struct OpenAccounts {
    commands: Commands,
}

impl OpenAccounts {
    pub(crate) const fn new(commands: Commands) -> Self {
        Self { commands }
    }

    /// Opens the account. Its id is the patient's id, so a patient has exactly one account, no matter who opens it.
    async fn open(&self, event: &JournalEvent) -> Result<Outcome, Fault> {
        let command = OpenAccount {
            patient_id: care::aggregate_id(event)?,
        };
        let caller = self.commands.reacting(DESCRIPTION.name, &event.recorded);
        match self.commands.execute(&command, &caller).await {
            Ok(_) => Ok(Outcome::Done),
            Err(CommandError::Refused(Refusal::Patient(PatientRefusal::Erased))) => {
                Ok(Outcome::Nothing("the patient has been erased"))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Reactor for OpenAccounts {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn react<'a>(&'a self, event: &'a JournalEvent) -> BoxFuture<'a, Result<Outcome, Fault>> {
        self.open(event).boxed()
    }
}
