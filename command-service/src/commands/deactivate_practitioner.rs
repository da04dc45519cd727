//! Deactivating a practitioner.

use domain::practitioner::PractitionerCommand;
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, practitioner_change::change_practitioner,
    stop::Stop,
};

/// Deactivates a practitioner: they see nobody new. What is booked stays booked.
#[derive(Clone, Debug)]
pub struct DeactivatePractitioner {
    /// Which practitioner.
    pub target: Target,
}

impl Commands {
    /// Deactivates a practitioner: they see nobody new. What is booked stays booked.
    ///
    /// # Errors
    /// There is no such practitioner, they have been deactivated or are at another version than expected, or the log does
    /// not answer.
    pub async fn deactivate_practitioner(
        &self,
        command: &DeactivatePractitioner,
        caller: &Caller,
    ) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for DeactivatePractitioner {
    const NAME: &'static str = "deactivate-practitioner";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PractitionerCommand::Deactivate;
        change_practitioner(self.target, command, decision)
    }
}
