//! Revoking a patient's death.

use domain::patient::PatientCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, patients::change_patient, stop::Stop};

/// Revokes a patient's death that was recorded in error.
#[derive(Clone, Copy, Debug)]
pub struct RevokeDeath {
    /// The patient.
    pub target: Target,
}

impl Command for RevokeDeath {
    const NAME: &'static str = "revoke-death";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient = change_patient(self.target, PatientCommand::RevokeDeath, decision)?;
        Ok(Answer::patient(self.target.id, &patient)?)
    }
}
