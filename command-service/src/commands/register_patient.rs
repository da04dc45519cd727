//! Registering a patient, together with the claim on their e-mail address.

use domain::{
    email_claim::{EmailClaim, EmailClaimCommand},
    patient::{Demographics, Patient, PatientCommand},
};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::PatientResource;
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, created, decide};

/// Registers a person as a patient.
#[derive(Clone, Debug)]
pub struct RegisterPatient {
    /// The id they will have.
    pub id: Uuid,
    /// What is known of them.
    pub demographics: Demographics,
}

impl Commands {
    /// Registers a patient.
    ///
    /// # Errors
    /// The id or the e-mail address is taken, or the log does not answer.
    pub async fn register_patient(&self, command: &RegisterPatient, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for RegisterPatient {
    const NAME: &'static str = "register-patient";
    const CONTEXT: Context = Context::Patients;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let mut patient = commands.expect_new::<Patient>(&self.id.to_string(), freshness).await?;
        decide(
            &mut work,
            &mut patient,
            PatientCommand::Register(self.demographics.clone()),
        )?;
        if let Some(email) = &self.demographics.email {
            let claim_id = commands.0.email_pepper.claim_id(email);
            let mut claim = commands.expect_new::<EmailClaim>(&claim_id, freshness).await?;
            decide(&mut work, &mut claim, EmailClaimCommand::Claim { patient_id: self.id })?;
        }
        let resource = PatientResource::of(self.id, patient.version(), patient.state())
            .ok_or_else(|| CommandError::Broken("a registered patient has no demographics".to_owned()))?;
        let answer = created(format!("/api/patients/{}", self.id), patient.version(), &resource)?;
        Ok(Attempted {
            work,
            answer,
            data_subject: Some(self.id),
            position: patient.head().position,
        })
    }
}
