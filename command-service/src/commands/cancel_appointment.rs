//! Cancelling an appointment, which releases the time it took.

use domain::appointment::{AppointmentCommand, Cancelled};
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Cancels an appointment.
#[derive(Clone, Debug)]
pub struct CancelAppointment {
    /// Which appointment.
    pub target: Target,
    /// Why.
    pub cancelled: Cancelled,
}

impl Commands {
    /// Cancels an appointment.
    ///
    /// # Errors
    /// There is no such appointment, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn cancel_appointment(&self, command: &CancelAppointment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for CancelAppointment {
    const NAME: &'static str = "cancel-appointment";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut open = commands.open_appointment(self.target, freshness).await?;
        open.decide(AppointmentCommand::Cancel(self.cancelled.clone()))?;
        open.settle(commands, freshness).await
    }
}
