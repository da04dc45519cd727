//! Reactivating a patient.

use domain::patient::PatientCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, patients::change_patient, stop::Stop};

/// Reactivates a deactivated patient.
#[derive(Clone, Copy, Debug)]
pub struct ReactivatePatient {
    /// The patient and the expected version.
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
