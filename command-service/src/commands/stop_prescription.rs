//! Stopping a prescription: the patient does not take it any more.

use domain::prescription::{PrescriptionCommand, StatusReason};
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Stops a prescription.
#[derive(Clone, Debug)]
pub struct StopPrescription {
    /// Which prescription.
    pub target: Target,
    /// Why.
    pub reason: StatusReason,
}

impl Commands {
    /// Stops a prescription.
    ///
    /// # Errors
    /// There is no such prescription, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn stop_prescription(&self, command: &StopPrescription, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for StopPrescription {
    const NAME: &'static str = "stop-prescription";
    const CONTEXT: Context = Context::Prescribing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let command = PrescriptionCommand::Stop(self.reason.clone());
        commands.change_prescription(self.target, command, freshness).await
    }
}
