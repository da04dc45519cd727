//! Letting a patient not take what is prescribed for a while.

use domain::prescription::{PrescriptionCommand, StatusReason};
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Lets the patient not take it for a while.
#[derive(Clone, Debug)]
pub struct HoldPrescription {
    /// Which prescription.
    pub target: Target,
    /// Why.
    pub reason: StatusReason,
}

impl Commands {
    /// Lets the patient not take it for a while.
    ///
    /// # Errors
    /// There is no such prescription, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn hold_prescription(&self, command: &HoldPrescription, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for HoldPrescription {
    const NAME: &'static str = "hold-prescription";
    const CONTEXT: Context = Context::Prescribing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let command = PrescriptionCommand::Hold(self.reason.clone());
        commands.change_prescription(self.target, command, freshness).await
    }
}
