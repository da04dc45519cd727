//! Activating a patient again.

use domain::patient::PatientCommand;
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Activates a patient again who was deactivated.
#[derive(Clone, Copy, Debug)]
pub struct ReactivatePatient {
    /// Which patient.
    pub target: Target,
}

impl Commands {
    /// Activates a patient again who was deactivated.
    ///
    /// # Errors
    /// There is no such patient, they have been erased or are at another version than expected, or the log does not
    /// answer.
    pub async fn reactivate_patient(&self, command: &ReactivatePatient, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for ReactivatePatient {
    const NAME: &'static str = "reactivate-patient";
    const CONTEXT: Context = Context::Patients;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let open = commands
            .open_patient(self.target, PatientCommand::Reactivate, freshness)
            .await?;
        open.settle()
    }
}
