//! Erasing a patient. One commit stores the erasure and releases the e-mail address. Then the key of the patient's
//! other personal data is destroyed.

use domain::patient::{PatientCommand, PatientRefusal};
use journal::{Context, Decision};

use crate::{
    Answer, Caller, Command, CommandError, Commands, Done, Refusal, Rules, Target, patients::change_patient, stop::Stop,
};

/// Erases a patient for good. Repeating it completes an interrupted erasure and is then refused.
#[derive(Clone, Copy, Debug)]
pub struct ErasePatient {
    /// The patient and the expected version.
    pub target: Target,
}

impl Command for ErasePatient {
    const NAME: &'static str = "erase-patient";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient = change_patient(self.target, PatientCommand::Erase, decision)?;
        Ok(Answer::erased_patient(self.target.id, patient.version()))
    }

    /// Destroys the key once the erasure is stored.
    async fn carry_out(&self, commands: &Commands, caller: &Caller) -> Result<Done, CommandError> {
        let erased = commands.store(self, caller).await;
        // The log holds the erasure of this command or of an earlier one, which may have stopped before this point.
        if matches!(
            erased,
            Ok(_) | Err(CommandError::Refused(Refusal::Patient(PatientRefusal::Erased)))
        ) {
            let forgotten = commands.0.journal.forget_person(&self.target.id.to_string()).await;
            forgotten.map_err(|error| CommandError::NotForgotten(error.to_string()))?;
        }
        erased
    }
}
