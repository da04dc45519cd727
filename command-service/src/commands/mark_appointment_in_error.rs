//! Marking an appointment as one that should never have been recorded, which releases the time it took.

use domain::{appointment::AppointmentCommand, values::Reason};
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target};

/// Marks an appointment as entered in error.
#[derive(Clone, Debug)]
pub struct MarkAppointmentInError {
    /// Which appointment.
    pub target: Target,
    /// Why.
    pub reason: Option<Reason>,
}

impl Commands {
    /// Marks an appointment as entered in error.
    ///
    /// # Errors
    /// There is no such appointment, it is at another version than expected, or the log does not answer.
    pub async fn mark_appointment_in_error(
        &self,
        command: &MarkAppointmentInError,
        caller: &Caller,
    ) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for MarkAppointmentInError {
    const NAME: &'static str = "mark-appointment-in-error";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut open = commands.open_appointment(self.target, freshness).await?;
        open.decide(AppointmentCommand::MarkEnteredInError {
            reason: self.reason.clone(),
        })?;
        open.settle(commands, freshness).await
    }
}
