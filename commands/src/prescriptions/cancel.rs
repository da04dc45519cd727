//! Taking a prescription back before anything has been taken.

use domain::prescription::{PrescriptionCommand, StatusReason};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Takes a prescription back.
#[derive(Clone, Debug)]
pub struct CancelPrescription {
    /// Which prescription.
    pub target: Target,
    /// Why.
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
