//! Deactivating a patient.

use domain::patient::PatientCommand;
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Deactivates a patient: nothing new is begun for them.
#[derive(Clone, Copy, Debug)]
pub struct DeactivatePatient {
    /// Which patient.
    pub target: Target,
}

impl Commands {
    /// Deactivates a patient: nothing new is begun for them.
    ///
    /// # Errors
    /// There is no such patient, they have been erased or are at another version than expected, or the log does not
    /// answer.
    pub async fn deactivate_patient(&self, command: &DeactivatePatient, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for DeactivatePatient {
    const NAME: &'static str = "deactivate-patient";
    const CONTEXT: Context = Context::Patients;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let open = commands
            .open_patient(self.target, PatientCommand::Deactivate, freshness)
            .await?;
        open.settle()
    }
}
