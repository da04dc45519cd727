//! Erasing a patient: the erasure and the release of their e-mail address are stored together, and then the key is
//! destroyed under which everything else about them is sealed.

use domain::{
    email_claim::{EmailClaim, EmailClaimCommand},
    patient::{PatientCommand, PatientRefusal},
};
use journal::{CommandContext, Context, Freshness};
use schemas::api::ErasedPatientResource;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Refusal, Target, decide, ok};

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

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let patient_id = self.target.id;
        let mut open = commands
            .open_patient(self.target, PatientCommand::Erase, freshness)
            .await?;
        if let Some(email) = &open.email_before {
            let claim_id = commands.0.email_pepper.claim_id(email);
            let mut claim = commands.load_to_write::<EmailClaim>(&claim_id, freshness).await?;
            decide(&mut open.work, &mut claim, EmailClaimCommand::Release { patient_id })?;
        }
        let version = open.patient.version();
        Ok(Attempted {
            answer: ok(version, &ErasedPatientResource::new(patient_id, version))?,
            // The answer holds nothing personal, and is to be given again when nothing personal can be read any more.
            data_subject: None,
            position: open.patient.head().position,
            work: open.work,
        })
    }
}
