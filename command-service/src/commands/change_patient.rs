//! Changing what is known of a patient, together with the claims on the old and the new e-mail address.

use domain::{
    email_claim::{EmailClaim, EmailClaimCommand},
    patient::{DemographicsChange, PatientCommand},
    values::Email,
};
use journal::{CommandContext, Context, Freshness, UnitOfWork};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target, decide};

/// Changes what is known of a patient.
#[derive(Clone, Debug)]
pub struct ChangePatient {
    /// Which patient.
    pub target: Target,
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
        let change = PatientCommand::ChangeDemographics(self.change.clone());
        let mut open = commands.open_patient(self.target, change, freshness).await?;
        let known = open.patient.state().demographics();
        let after = known.and_then(|known| known.email.clone());
        let before = open.email_before.take();
        self.move_claim(&mut open.work, commands, freshness, before.as_ref(), after.as_ref())
            .await?;
        open.settle()
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
        let patient_id = self.target.id;
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
