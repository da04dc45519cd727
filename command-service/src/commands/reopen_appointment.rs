//! Undoing that an appointment was fulfilled or missed. One that was missed takes its time again, if it is still free.

use domain::{
    appointment::{Appointment, AppointmentCommand},
    privilege::SchedulingPrivilege,
};
use journal::{CommandContext, Context, Freshness};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target, days::Hold};

/// Undoes that an appointment was fulfilled or missed.
#[derive(Clone, Debug)]
pub struct ReopenAppointment {
    /// Which appointment.
    pub target: Target,
    /// Proof that whoever asks may do so.
    pub privilege: SchedulingPrivilege,
}

impl Commands {
    /// Undoes that an appointment was fulfilled or missed.
    ///
    /// # Errors
    /// There is no such appointment, it is at another version than expected, its status does not allow this, its time has
    /// been taken since, or the log does not answer.
    pub async fn reopen_appointment(&self, command: &ReopenAppointment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for ReopenAppointment {
    const NAME: &'static str = "reopen-appointment";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut open = commands.open_appointment(self.target, freshness).await?;
        open.hold = self.hold_again(open.appointment.state());
        open.decide(AppointmentCommand::Reopen {
            privilege: self.privilege,
        })?;
        open.settle(commands, freshness).await
    }
}

impl ReopenAppointment {
    /// What was overbooked once takes its time beside others again, for the reason of that time.
    fn hold_again(&self, appointment: &Appointment) -> Option<Hold> {
        let booked = appointment.booked()?;
        let reason = booked.overbooking.as_ref()?.reason.known()?.clone();
        let overbooking = self.privilege.overbook(reason);
        Some(Hold::taken(self.target.id, booked.period, overbooking))
    }
}
