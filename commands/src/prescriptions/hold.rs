//! Suspending a medication.

use domain::prescription::{PrescriptionCommand, StatusReason};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Suspends the medication of a prescription.
#[derive(Clone, Debug)]
pub struct HoldPrescription {
    /// The prescription and its expected version.
    pub target: Target,
    /// The reason.
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
