//! Cancelling an appointment, which releases the time it took.

use domain::appointment::{AppointmentCommand, Cancelled};
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, open_appointment::OpenAppointment, stop::Stop,
};

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

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut open = OpenAppointment::load(self.target, decision)?;
        open.decide(decision, AppointmentCommand::Cancel(self.cancelled.clone()))?;
        open.settle()
    }
}
