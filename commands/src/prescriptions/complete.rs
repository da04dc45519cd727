//! Recording that everything that was prescribed has been taken.

use domain::prescription::PrescriptionCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Records that everything has been taken.
#[derive(Clone, Debug)]
pub struct CompletePrescription {
    /// Which prescription.
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
