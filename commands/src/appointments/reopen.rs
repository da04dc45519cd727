//! Undoing a fulfilment or no-show. After a no-show, the time must still be free.

use domain::{
    appointment::{Appointment, AppointmentCommand},
    privilege::SchedulingPrivilege,
};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, appointments::OpenAppointment, appointments::time::Hold, stop::Stop};

/// Undoes a fulfilment or no-show.
#[derive(Clone, Debug)]
pub struct ReopenAppointment {
    /// The appointment and its expected version.
    pub target: Target,
    /// Proof of the caller's privilege to reopen.
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

/// An overbooked appointment may overlap others again.
fn hold_again(appointment: &Appointment) -> Option<Hold> {
    let booked = appointment.booked()?;
    booked.overbooking.as_ref().map(|_| Hold::overbooked(booked.period))
}
