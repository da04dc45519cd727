//! Registering a patient, together with the claim on their e-mail address.

use domain::patient::{Demographics, Patient, PatientCommand, RecordedDemographics};
use journal::{Context, Decision};
use uuid::Uuid;

use super::{Answer, Caller, Command, CommandError, Commands, Done, Rules, Shown, decide, emails, stop::Stop};

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
            Ok(done) => !matches!(done.answer.shown, Shown::Patient(id, _) if id == command.id),
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

impl Command for RegisterPatient {
    const NAME: &'static str = "register-patient";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut patient = decision.load::<Patient>(self.id)?;
        let recorded = RecordedDemographics::new(self.demographics.clone(), |email| rules.pepper.hash(email));
        if let Some(hash) = &recorded.email_hash {
            emails::check_free(decision, hash, self.id)?;
        }
        decide(decision, &mut patient, PatientCommand::Register(recorded))?;
        Ok(Answer::patient(self.id, &patient)?.made())
    }
}
