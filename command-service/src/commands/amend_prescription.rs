//! Changing what is taken.

use domain::prescription::{PrescriptionChange, PrescriptionCommand};
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Changes what is taken.
#[derive(Clone, Debug)]
pub struct AmendPrescription {
    /// Which prescription.
    pub target: Target,
    /// What changes.
    pub change: PrescriptionChange,
}

impl Commands {
    /// Changes what is taken.
    ///
    /// # Errors
    /// There is no such prescription, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn amend_prescription(&self, command: &AmendPrescription, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for AmendPrescription {
    const NAME: &'static str = "amend-prescription";
    const CONTEXT: Context = Context::Prescribing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let command = PrescriptionCommand::Amend(self.change.clone());
        commands.change_prescription(self.target, command, freshness).await
    }
}
