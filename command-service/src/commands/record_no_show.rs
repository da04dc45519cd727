//! Recording that the patient of an appointment did not come, which releases the time it took.

use domain::appointment::AppointmentCommand;
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Records that the patient did not come.
#[derive(Clone, Debug)]
pub struct RecordNoShow {
    /// Which appointment.
    pub target: Target,
}

impl Commands {
    /// Records that the patient did not come.
    ///
    /// # Errors
    /// There is no such appointment, it is at another version than expected, its status does not allow this, the patient
    /// may still come, or the log does not answer.
    pub async fn record_no_show(&self, command: &RecordNoShow, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for RecordNoShow {
    const NAME: &'static str = "record-no-show";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut open = commands.open_appointment(self.target, freshness).await?;
        open.decide(AppointmentCommand::Miss {
            now: context.now,
            grace: commands.0.no_show_grace,
        })?;
        open.settle(commands, freshness).await
    }
}
