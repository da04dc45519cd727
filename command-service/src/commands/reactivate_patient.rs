//! Activating a patient again.

use domain::patient::PatientCommand;
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, patient_change::change_patient, stop::Stop,
};

/// Activates a patient again who was deactivated.
#[derive(Clone, Copy, Debug)]
pub struct ReactivatePatient {
    /// Which patient.
    pub target: Target,
}

impl Commands {
    /// Activates a patient again who was deactivated.
    ///
    /// # Errors
    /// There is no such patient, they have been erased or are at another version than expected, or the log does not
    /// answer.
    pub async fn reactivate_patient(&self, command: &ReactivatePatient, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for ReactivatePatient {
    const NAME: &'static str = "reactivate-patient";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient = change_patient(self.target, PatientCommand::Reactivate, decision)?;
        Ok(Answer::patient(self.target.id, &patient)?)
    }
}
