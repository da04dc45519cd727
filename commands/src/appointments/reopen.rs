//! Undoing that an appointment was fulfilled or missed. One that was missed takes its time again, if it is still free.

use domain::{
    appointment::{Appointment, AppointmentCommand},
    privilege::SchedulingPrivilege,
};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, appointments::OpenAppointment, appointments::time::Hold, stop::Stop};

/// Undoes that an appointment was fulfilled or missed.
#[derive(Clone, Debug)]
pub struct ReopenAppointment {
    /// Which appointment.
    pub target: Target,
    /// Proof that the caller may do so.
    pub privilege: SchedulingPrivilege,
}

impl Command for ReopenAppointment {
    const NAME: &'static str = "reopen-appointment";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut open = OpenAppointment::load(self.target, decision)?;
        let reopen = AppointmentCommand::Reopen {
            privilege: self.privilege,
        };
        let hold = hold_again(open.appointment.state());
        open.decide_to_hold(decision, reopen, hold)?;
        open.settle()
    }
}

/// What was overbooked once takes its time beside others again.
fn hold_again(appointment: &Appointment) -> Option<Hold> {
    let booked = appointment.booked()?;
    booked.overbooking.as_ref().map(|_| Hold::overbooked(booked.period))
}
