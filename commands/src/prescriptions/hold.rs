//! Letting a patient not take what is prescribed for a while.

use domain::prescription::{PrescriptionCommand, StatusReason};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Lets the patient not take it for a while.
#[derive(Clone, Debug)]
pub struct HoldPrescription {
    /// Which prescription.
    pub target: Target,
    /// Why.
    pub reason: StatusReason,
}

impl Command for HoldPrescription {
    const NAME: &'static str = "hold-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Hold(self.reason.clone());
        change_prescription(self.target, command, decision)
    }
}
