//! Stopping a prescription: the patient does not take it any more.

use domain::prescription::{PrescriptionCommand, StatusReason};
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, prescriptions::change_prescription,
    stop::Stop,
};

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

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Stop(self.reason.clone());
        change_prescription(self.target, command, decision)
    }
}
