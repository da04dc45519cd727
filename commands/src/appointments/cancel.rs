//! Cancelling an appointment, which releases its time.

use domain::appointment::{AppointmentCommand, Cancelled};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, appointments::OpenAppointment, stop::Stop};

/// Cancels an appointment.
#[derive(Clone, Debug)]
pub struct CancelAppointment {
    /// The appointment and its expected version.
    pub target: Target,
    /// The reason.
    pub cancelled: Cancelled,
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
