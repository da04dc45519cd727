//! Stopping a prescription: the patient does not take it any more.

use domain::prescription::{PrescriptionCommand, StatusReason};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Stops a prescription.
#[derive(Clone, Debug)]
pub struct StopPrescription {
    /// Which prescription.
    pub target: Target,
    /// Why.
    pub reason: StatusReason,
}

impl Command for StopPrescription {
    const NAME: &'static str = "stop-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Stop(self.reason.clone());
        change_prescription(self.target, command, decision)
    }
}
