//! Changing what is taken.

use domain::prescription::{PrescriptionChange, PrescriptionCommand};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Changes what is taken.
#[derive(Clone, Debug)]
pub struct AmendPrescription {
    /// Which prescription.
    pub target: Target,
    /// What changes.
    pub change: PrescriptionChange,
}

impl Command for AmendPrescription {
    const NAME: &'static str = "amend-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Amend(self.change.clone());
        change_prescription(self.target, command, decision)
    }
}
