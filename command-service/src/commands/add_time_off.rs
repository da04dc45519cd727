//! Saying when a practitioner is away.

use domain::{practitioner::PractitionerCommand, values::TimeOff};
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Says when a practitioner is away. What is booked stays booked.
#[derive(Clone, Debug)]
pub struct AddTimeOff {
    /// Which practitioner.
    pub target: Target,
    /// When.
    pub time_off: TimeOff,
}

impl Commands {
    /// Says when a practitioner is away. What is booked stays booked.
    ///
    /// # Errors
    /// There is no such practitioner, they have been deactivated or are at another version than expected, or the log does
    /// not answer.
    pub async fn add_time_off(&self, command: &AddTimeOff, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for AddTimeOff {
    const NAME: &'static str = "add-time-off";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let command = PractitionerCommand::AddTimeOff(self.time_off);
        let mut attempted = commands
            .attempt_on_practitioner(self.target, command, freshness)
            .await?;
        let (id, time_off_id) = (self.target.id, self.time_off.id());
        attempted.answer.status = 201;
        attempted.answer.location = Some(format!("/api/practitioners/{id}/time-off/{time_off_id}"));
        Ok(attempted)
    }
}
