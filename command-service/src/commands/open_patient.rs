//! What the commands on a patient who is there share: they load them, decide, and answer with the whole of them.

use domain::{
    patient::{Patient, PatientCommand, PatientRefusal},
    values::Email,
};
use journal::{Context, Freshness, Loaded, UnitOfWork};
use schemas::api::PatientResource;

use super::{Attempted, CommandError, Commands, Refusal, Target, decide, ok};

/// A patient about whom a command has been decided.
#[derive(Debug)]
pub(super) struct OpenPatient {
    pub(super) target: Target,
    pub(super) work: UnitOfWork,
    pub(super) patient: Loaded<Patient>,
    /// The e-mail address that they held before.
    pub(super) email_before: Option<Email>,
}

impl Commands {
    /// Loads a patient and decides a command about them.
    pub(super) async fn open_patient(
        &self,
        target: Target,
        command: PatientCommand,
        freshness: Freshness,
    ) -> Result<OpenPatient, CommandError> {
        let mut work = UnitOfWork::new(Context::Patients);
        let mut patient = self.load_to_write::<Patient>(&target.id.to_string(), freshness).await?;
        let email_before = patient.state().demographics().and_then(|known| known.email.clone());
        decide(&mut work, &mut patient, command)?;
        target.check_version(&patient)?;
        Ok(OpenPatient {
            target,
            work,
            patient,
            email_before,
        })
    }
}

impl OpenPatient {
    /// Ends the attempt: the answer shows the patient.
    pub(super) fn settle(self) -> Result<Attempted, CommandError> {
        let version = self.patient.version();
        let resource = PatientResource::of(self.target.id, version, self.patient.state())
            .ok_or(Refusal::Patient(PatientRefusal::Unknown))?;
        Ok(Attempted {
            answer: ok(version, &resource)?,
            data_subject: Some(self.target.id),
            position: self.patient.head().position,
            work: self.work,
        })
    }
}
