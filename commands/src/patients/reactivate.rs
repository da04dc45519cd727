//! Activating a patient again.

use domain::patient::PatientCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, patients::change_patient, stop::Stop};

/// Activates a patient again who was deactivated.
#[derive(Clone, Copy, Debug)]
pub struct ReactivatePatient {
    /// Which patient.
    pub target: Target,
}

impl Command for ReactivatePatient {
    const NAME: &'static str = "reactivate-patient";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient = change_patient(self.target, PatientCommand::Reactivate, decision)?;
        Ok(Answer::patient(self.target.id, &patient)?)
    }
}
