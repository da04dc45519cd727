//! Deactivating a practitioner.

use domain::practitioner::PractitionerCommand;
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

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

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let command = PractitionerCommand::Deactivate;
        commands.attempt_on_practitioner(self.target, command, freshness).await
    }
}
