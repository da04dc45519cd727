//! Deactivating a patient.

use domain::patient::PatientCommand;
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, patient_change::change_patient, stop::Stop,
};

/// Deactivates a patient: nothing new is begun for them.
#[derive(Clone, Copy, Debug)]
pub struct DeactivatePatient {
    /// Which patient.
    pub target: Target,
}

impl Commands {
    /// Deactivates a patient: nothing new is begun for them.
    ///
    /// # Errors
    /// There is no such patient, they have been erased or are at another version than expected, or the log does not
    /// answer.
    pub async fn deactivate_patient(&self, command: &DeactivatePatient, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for DeactivatePatient {
    const NAME: &'static str = "deactivate-patient";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient = change_patient(self.target, PatientCommand::Deactivate, decision)?;
        Ok(Answer::patient(self.target.id, &patient)?)
    }
}
