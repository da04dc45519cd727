//! Erasing a patient: the erasure and the release of their e-mail address are stored together, and then the key is
//! destroyed under which everything else about them is sealed.

use domain::patient::{PatientCommand, PatientRefusal};
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Refusal, Rules, Target, patient_change::change_patient,
    stop::Stop,
};

/// Erases a patient, for good.
#[derive(Clone, Copy, Debug)]
pub struct ErasePatient {
    /// Which patient.
    pub target: Target,
}

impl Commands {
    /// Erases a patient, for good. Erasing one again is refused, after whatever an interrupted erasure left to be done
    /// has been done.
    ///
    /// # Errors
    /// There is no such patient, they have been erased or are at another version than expected, or the log or the keys
    /// do not answer.
    pub async fn erase_patient(&self, command: &ErasePatient, caller: &Caller) -> Result<Done, CommandError> {
        let erased = self.execute(command, caller).await;
        // It is erased in the log now, by this command or by one before it, which may have come to its end right there.
        if matches!(
            erased,
            Ok(_) | Err(CommandError::Refused(Refusal::Patient(PatientRefusal::Erased)))
        ) {
            let forgotten = self.0.journal.forget_person(&command.target.id.to_string()).await;
            forgotten.map_err(|error| CommandError::NotForgotten(error.to_string()))?;
        }
        erased
    }
}

impl Command for ErasePatient {
    const NAME: &'static str = "erase-patient";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient = change_patient(self.target, PatientCommand::Erase, decision)?;
        Ok(Answer::erased_patient(self.target.id, patient.version())?)
    }
}
