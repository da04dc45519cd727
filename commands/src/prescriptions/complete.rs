//! Completing a prescription.

use domain::prescription::PrescriptionCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Records that the patient has taken everything.
#[derive(Clone, Debug)]
pub struct CompletePrescription {
    /// The prescription and its expected version.
    pub target: Target,
}

impl Command for CompletePrescription {
    const NAME: &'static str = "complete-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Complete;
        change_prescription(self.target, command, decision)
    }
}
