//! What the commands on accounts share: an account is opened by the first command that needs it, whichever that is.

use domain::{
    account::{Account, AccountCommand, AccountRefusal},
    patient::{Patient, PatientRefusal, PatientStatus},
};
use journal::{Freshness, Loaded, UnitOfWork};
use uuid::Uuid;

use super::{CommandError, Commands, Refusal, decide};

impl Commands {
    /// Checks that a person is a patient and has not been erased. One who has been deactivated still owes and pays.
    pub(super) async fn check_patient(&self, id: Uuid, freshness: Freshness) -> Result<(), CommandError> {
        let patient = self.load::<Patient>(&id.to_string(), freshness).await?;
        let refusal = match patient.state().status() {
            None => PatientRefusal::Unknown,
            Some(PatientStatus::Erased) => PatientRefusal::Erased,
            Some(PatientStatus::Active | PatientStatus::Inactive) => return Ok(()),
        };
        Err(Refusal::Patient(refusal).into())
    }

    /// Whose personal data the answer to a command about a patient holds: theirs. Of somebody who has been erased nothing
    /// is left to seal, nor a key to seal it under.
    pub(super) async fn data_subject(&self, id: Uuid, freshness: Freshness) -> Result<Option<Uuid>, CommandError> {
        let patient = self.load::<Patient>(&id.to_string(), freshness).await?;
        let erased = patient.state().status() == Some(PatientStatus::Erased);
        Ok((!erased).then_some(id))
    }

    /// A patient's account, to write. Where it has not been opened yet, because whatever opens accounts has not come to
    /// this patient, that is done in the same unit of work.
    pub(super) async fn opened_account(
        &self,
        work: &mut UnitOfWork,
        patient_id: Uuid,
        freshness: Freshness,
    ) -> Result<Loaded<Account>, CommandError> {
        self.check_patient(patient_id, freshness).await?;
        let mut account = self
            .load_to_write::<Account>(&patient_id.to_string(), freshness)
            .await?;
        if account.state().patient_id().is_none() {
            decide(work, &mut account, AccountCommand::Open { patient_id })?;
        }
        Ok(account)
    }

    /// The account that an invoice was charged to, to write.
    pub(super) async fn charged_account(
        &self,
        patient_id: Uuid,
        freshness: Freshness,
    ) -> Result<Loaded<Account>, CommandError> {
        let account = self
            .load_to_write::<Account>(&patient_id.to_string(), freshness)
            .await?;
        if account.state().patient_id().is_none() {
            return Err(Refusal::Account(AccountRefusal::Unknown).into());
        }
        Ok(account)
    }
}
