//! Registering a practitioner.

use domain::practitioner::{Practitioner, PractitionerCommand, PractitionerDetails};
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{Answer, Command, Rules, decide, stop::Stop};

/// Registers a person as a practitioner.
#[derive(Clone, Debug)]
pub struct RegisterPractitioner {
    /// The id of the new practitioner.
    pub id: Uuid,
    /// The details.
    pub details: PractitionerDetails,
}

impl Command for RegisterPractitioner {
    const NAME: &'static str = "register-practitioner";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut practitioner = decision.load::<Practitioner>(self.id)?;
        let command = PractitionerCommand::Register(self.details.clone());
        decide(decision, &mut practitioner, command)?;
        Ok(Answer::practitioner(self.id, &practitioner)?.made())
    }
}
