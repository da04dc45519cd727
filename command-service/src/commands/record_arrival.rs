//! Recording that the patient of an appointment is there.

use domain::appointment::AppointmentCommand;
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Records that the patient is there.
#[derive(Clone, Debug)]
pub struct RecordArrival {
    /// Which appointment.
    pub target: Target,
}

impl Commands {
    /// Records that the patient is there.
    ///
    /// # Errors
    /// There is no such appointment, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn record_arrival(&self, command: &RecordArrival, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for RecordArrival {
    const NAME: &'static str = "record-arrival";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut open = commands.open_appointment(self.target, freshness).await?;
        open.decide(AppointmentCommand::Arrive { now: context.now })?;
        open.settle(commands, freshness).await
    }
}
