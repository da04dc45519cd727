//! Deactivating a patient.

use domain::patient::PatientCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, patients::change_patient, stop::Stop};

/// Deactivates a patient, who can then have no new bookings or prescriptions.
#[derive(Clone, Copy, Debug)]
pub struct DeactivatePatient {
    /// The patient and the expected version.
    pub target: Target,
}

impl Command for DeactivatePatient {
    const NAME: &'static str = "deactivate-patient";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient = change_patient(self.target, PatientCommand::Deactivate, decision)?;
        Ok(Answer::patient(self.target.id, &patient)?)
    }
}
