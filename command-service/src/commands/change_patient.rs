//! Changing what is known of a patient, together with the claims on the old and the new e-mail address.

use domain::{
    email_claim::{EmailClaim, EmailClaimCommand},
    patient::{DemographicsChange, Patient, PatientCommand, PatientRefusal},
    values::Email,
};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::PatientResource;
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Refusal, decide, ok};

/// Changes what is known of a patient.
#[derive(Clone, Debug)]
pub struct ChangePatient {
    /// The patient's id.
    pub id: Uuid,
    /// The version that the change was made for, if the caller insists on one.
    pub expected_version: Option<u64>,
    /// The change.
    pub change: DemographicsChange,
}

impl Commands {
    /// Changes what is known of a patient. A change that changes nothing stores nothing.
    ///
    /// # Errors
    /// There is no such patient, they are at another version than expected, the e-mail address is taken, or the log
    /// does not answer.
    pub async fn change_patient(&self, command: &ChangePatient, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for ChangePatient {
    const NAME: &'static str = "change-patient";
    const CONTEXT: Context = Context::Patients;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let mut patient = commands
            .load_to_write::<Patient>(&self.id.to_string(), freshness)
            .await?;
        let actual = patient.version();
        let before = patient.state().demographics().and_then(|known| known.email.clone());
        decide(
            &mut work,
            &mut patient,
            PatientCommand::ChangeDemographics(self.change.clone()),
        )?;
        if let Some(expected) = self.expected_version.filter(|expected| *expected != actual) {
            return Err(CommandError::VersionMismatch { expected, actual });
        }
        let after = patient
            .state()
            .demographics()
            .ok_or(Refusal::Patient(PatientRefusal::Unknown))?;
        let resource = PatientResource::new(self.id, patient.version(), after);
        self.move_claim(&mut work, commands, freshness, before.as_ref(), after.email.as_ref())
            .await?;
        let answer = ok(patient.version(), &resource)?;
        Ok(Attempted {
            work,
            answer,
            data_subject: Some(self.id),
            position: patient.head().position,
        })
    }
}

impl ChangePatient {
    async fn move_claim(
        &self,
        work: &mut UnitOfWork,
        commands: &Commands,
        freshness: Freshness,
        before: Option<&Email>,
        after: Option<&Email>,
    ) -> Result<(), CommandError> {
        let patient_id = self.id;
        let claim_id = |email: &Email| commands.0.email_pepper.claim_id(email);
        let (released, claimed) = (before.map(claim_id), after.map(claim_id));
        if released == claimed {
            return Ok(());
        }
        if let Some(id) = released {
            let mut claim = commands.load_to_write::<EmailClaim>(&id, freshness).await?;
            decide(work, &mut claim, EmailClaimCommand::Release { patient_id })?;
        }
        if let Some(id) = claimed {
            let mut claim = commands.load_to_write::<EmailClaim>(&id, freshness).await?;
            decide(work, &mut claim, EmailClaimCommand::Claim { patient_id })?;
        }
        Ok(())
    }
}
