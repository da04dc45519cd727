//! Cancelling a prescription before the patient takes anything.

use domain::prescription::{PrescriptionCommand, StatusReason};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Cancels a prescription.
#[derive(Clone, Debug)]
pub struct CancelPrescription {
    /// The prescription and its expected version.
    pub target: Target,
    /// The reason.
    pub reason: StatusReason,
}

impl Command for CancelPrescription {
    const NAME: &'static str = "cancel-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Cancel(self.reason.clone());
        change_prescription(self.target, command, decision)
    }
}
