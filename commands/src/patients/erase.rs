//! Erasing a patient: the erasure and the release of their e-mail address are stored together, and then the key is
//! destroyed under which everything else about them is sealed.

use domain::patient::{PatientCommand, PatientRefusal};
use journal::{Context, Decision};

use crate::{
    Answer, Caller, Command, CommandError, Commands, Done, Refusal, Rules, Target, patients::change_patient, stop::Stop,
};

/// Erases a patient, for good. Erasing one again is refused, after whatever an interrupted erasure left to be done has been
/// done.
#[derive(Clone, Copy, Debug)]
pub struct ErasePatient {
    /// Which patient.
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
        // It is erased in the log now, by this command or by one before it, which may have come to its end right there.
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
