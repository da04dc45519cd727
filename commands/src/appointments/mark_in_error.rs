//! Marking an appointment as an error, which releases its time.

use domain::{appointment::AppointmentCommand, values::Reason};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, appointments::OpenAppointment, stop::Stop};

/// Marks an appointment as entered in error.
#[derive(Clone, Debug)]
pub struct MarkAppointmentInError {
    /// The appointment and its expected version.
    pub target: Target,
    /// The reason.
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
