//! Stopping a medication for good.

use domain::prescription::{PrescriptionCommand, StatusReason};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Stops the medication of a prescription for good.
#[derive(Clone, Debug)]
pub struct StopPrescription {
    /// The prescription and its expected version.
    pub target: Target,
    /// The reason.
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
