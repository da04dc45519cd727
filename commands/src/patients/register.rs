//! Registering a patient. The same commit claims the e-mail address.

use domain::patient::{Demographics, Patient, PatientCommand, RecordedDemographics};
use journal::{Context, Decision};
use platform::ambient::new_id;
use uuid::Uuid;

use crate::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, decide,
    patients::{emails, identifiers},
    stop::Stop,
};

/// Registers a person as a patient.
#[derive(Clone, Debug)]
pub struct RegisterPatient {
    /// The id of the new patient: `None` takes a new one.
    pub id: Option<Uuid>,
    /// The demographics.
    pub demographics: Demographics,
}

impl Command for RegisterPatient {
    const NAME: &'static str = "register-patient";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let id = self.id.unwrap_or_else(new_id);
        let mut patient = decision.load::<Patient>(id)?;
        let recorded = RecordedDemographics::new(self.demographics.clone(), |email| rules.pepper.hash(email))
            .with_identifiers_hashed(|identifier| rules.pepper.identifier_hash(identifier));
        if let Some(hash) = &recorded.email_hash {
            emails::check_free(decision, hash, id)?;
        }
        identifiers::check_free(rules, decision, &self.demographics.identifiers, id)?;
        decide(decision, &mut patient, PatientCommand::Register(recorded))?;
        Ok(Answer::patient(id, &patient)?.made())
    }

    /// Takes an id with a key created in advance.
    async fn carry_out(&self, commands: &Commands, caller: &Caller) -> Result<Done, CommandError> {
        if self.id.is_some() {
            return commands.store(self, caller).await;
        }
        let taken = commands.0.patient_ids.take();
        let command = Self {
            id: Some(taken.id),
            demographics: self.demographics.clone(),
        };
        let done = commands.store(&command, caller).await;
        let is_unused = match &done {
            // A repeated request with a key gets the patient of its first run.
            Ok(done) => done.answer.state.id() != taken.id,
            Err(error) => matches!(error, CommandError::Refused(_)),
        };
        if is_unused {
            commands.0.patient_ids.give_back(taken);
        }
        done
    }
}
