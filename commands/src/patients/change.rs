//! Changing a patient's demographics. The same commit claims a new e-mail address and releases the old one.

use domain::{
    patient::{DemographicsChange, HashedChange, PatientCommand},
    values::Change,
};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Rules, Target,
    patients::{change_patient, emails, identifiers},
    stop::Stop,
};

/// Changes a patient's demographics. If they stay the same, nothing is stored.
#[derive(Clone, Debug)]
pub struct ChangePatient {
    /// The patient and the expected version.
    pub target: Target,
    /// The change.
    pub change: DemographicsChange,
}

impl Command for ChangePatient {
    const NAME: &'static str = "change-patient";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let change = HashedChange::new(self.change.clone(), |email| rules.pepper.hash(email))
            .with_identifiers_hashed(|identifier| rules.pepper.identifier_hash(identifier));
        if let Change::Set(hash) = change.email_hash() {
            emails::check_free(decision, hash, self.target.id)?;
        }
        if let Some(identifiers) = &self.change.identifiers {
            identifiers::check_free(rules, decision, identifiers, self.target.id)?;
        }
        let command = PatientCommand::ChangeDemographics(change);
        let patient = change_patient(self.target, command, decision)?;
        Ok(Answer::patient(self.target.id, &patient)?)
    }
}
