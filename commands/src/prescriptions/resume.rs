//! Resuming a suspended medication.

use domain::prescription::PrescriptionCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Resumes a suspended medication.
#[derive(Clone, Debug)]
pub struct ResumePrescription {
    /// The prescription and its expected version.
    pub target: Target,
}

impl Command for ResumePrescription {
    const NAME: &'static str = "resume-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Resume;
        change_prescription(self.target, command, decision)
    }
}
