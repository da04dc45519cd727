//! Taking back that a practitioner is away.

use domain::practitioner::PractitionerCommand;
use journal::{CommandContext, Context, Freshness};
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Takes back that a practitioner is away.
#[derive(Clone, Debug)]
pub struct RemoveTimeOff {
    /// Which practitioner.
    pub target: Target,
    /// The time off's id.
    pub time_off_id: Uuid,
}

impl Commands {
    /// Takes back that a practitioner is away.
    ///
    /// # Errors
    /// There is no such practitioner, they have been deactivated or are at another version than expected, or the log does
    /// not answer.
    pub async fn remove_time_off(&self, command: &RemoveTimeOff, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for RemoveTimeOff {
    const NAME: &'static str = "remove-time-off";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let command = PractitionerCommand::RemoveTimeOff {
            time_off_id: self.time_off_id,
        };
        commands.attempt_on_practitioner(self.target, command, freshness).await
    }
}
