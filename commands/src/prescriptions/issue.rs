//! Giving out a prescription that was drafted.

use domain::{
    patient::Patient,
    prescription::{Prescription, PrescriptionCommand, PrescriptionRefusal},
};
use journal::{Context, Decision};

use crate::{Answer, Command, Refusal, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Gives out what was drafted.
#[derive(Clone, Debug)]
pub struct IssuePrescription {
    /// Which prescription.
    pub target: Target,
}

impl Command for IssuePrescription {
    const NAME: &'static str = "issue-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let drafted = decision.load::<Prescription>(self.target.id)?;
        let unknown = Refusal::Prescription(PrescriptionRefusal::Unknown);
        let patient_id = drafted.state().prescribed().ok_or(unknown)?.patient_id;
        let patient = decision.load::<Patient>(patient_id)?;
        let patient = patient.state().active(patient_id).map_err(Refusal::Patient)?;
        let command = PrescriptionCommand::IssueDraft { patient };
        change_prescription(self.target, command, decision)
    }
}
