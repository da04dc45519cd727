//! Recording that everything that was prescribed has been taken.

use domain::prescription::PrescriptionCommand;
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Records that everything has been taken.
#[derive(Clone, Debug)]
pub struct CompletePrescription {
    /// Which prescription.
    pub target: Target,
}

impl Commands {
    /// Records that everything has been taken.
    ///
    /// # Errors
    /// There is no such prescription, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn complete_prescription(
        &self,
        command: &CompletePrescription,
        caller: &Caller,
    ) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for CompletePrescription {
    const NAME: &'static str = "complete-prescription";
    const CONTEXT: Context = Context::Prescribing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let command = PrescriptionCommand::Complete;
        commands.change_prescription(self.target, command, freshness).await
    }
}
