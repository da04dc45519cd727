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
    /// Registers a patient under an id that nobody has.
    ///
    /// # Errors
    /// The e-mail address is taken, or the log does not answer.
    pub async fn register_new_patient(
        &self,
        demographics: Demographics,
        caller: &Caller,
    ) -> Result<Done, CommandError> {
        let taken = self.0.patient_ids.take();
        let command = RegisterPatient {
            id: taken.id,
            demographics,
        };
        let done = self.execute(&command, caller).await;
        let is_unused = match &done {
            // A request that is repeated under its key is answered with who was registered the first time.
            Ok(done) => done.answer.location != Some(command.location()),
            Err(error) => matches!(error, CommandError::Refused(_)),
        };
        if is_unused {
            self.0.patient_ids.give_back(taken);
        }
        done
    }

    /// Registers a patient under an id of the caller's.
    ///
    /// # Errors
    /// The id or the e-mail address is taken, or the log does not answer.
    pub async fn register_patient(&self, command: &RegisterPatient, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl RegisterPatient {
    fn location(&self) -> String {
        format!("/api/patients/{}", self.id)
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
        let answer = created(self.location(), patient.version(), &resource)?;
        Ok(Attempted {
            work,
            answer,
            data_subject: Some(self.id),
            position: patient.head().position,
        })
    }
}
