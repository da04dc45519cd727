//! Deactivating a practitioner.

use domain::practitioner::PractitionerCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, practitioners::change_practitioner, stop::Stop};

/// Deactivates a practitioner, who then accepts no new bookings. Existing bookings stay.
#[derive(Clone, Debug)]
pub struct DeactivatePractitioner {
    /// The practitioner and the expected version.
    pub target: Target,
}

impl Command for DeactivatePractitioner {
    const NAME: &'static str = "deactivate-practitioner";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PractitionerCommand::Deactivate;
        let practitioner = change_practitioner(self.target, command, decision)?;
        Ok(Answer::practitioner(self.target.id, &practitioner)?)
    }
}
