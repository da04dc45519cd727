//! Recording that the patient of an appointment has been seen.

use domain::appointment::AppointmentCommand;
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Records that the patient has been seen.
#[derive(Clone, Debug)]
pub struct FulfilAppointment {
    /// Which appointment.
    pub target: Target,
}

impl Commands {
    /// Records that the patient has been seen.
    ///
    /// # Errors
    /// There is no such appointment, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn fulfil_appointment(&self, command: &FulfilAppointment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for FulfilAppointment {
    const NAME: &'static str = "fulfil-appointment";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut open = commands.open_appointment(self.target, freshness).await?;
        open.decide(AppointmentCommand::Fulfil { now: context.now })?;
        open.settle(commands, freshness).await
    }
}
