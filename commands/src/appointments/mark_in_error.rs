//! Marking an appointment as one that should never have been recorded, which releases the time it took.

use domain::{appointment::AppointmentCommand, values::Reason};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, appointments::OpenAppointment, stop::Stop};

/// Marks an appointment as entered in error.
#[derive(Clone, Debug)]
pub struct MarkAppointmentInError {
    /// Which appointment.
    pub target: Target,
    /// Why.
    pub reason: Option<Reason>,
}

impl Command for MarkAppointmentInError {
    const NAME: &'static str = "mark-appointment-in-error";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut open = OpenAppointment::load(self.target, decision)?;
        open.decide(
            decision,
            AppointmentCommand::MarkEnteredInError {
                reason: self.reason.clone(),
            },
        )?;
        open.settle()
    }
}
