//! Recording that the patient of an appointment is there.

use domain::appointment::AppointmentCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, appointments::OpenAppointment, stop::Stop};

/// Records that the patient is there.
#[derive(Clone, Debug)]
pub struct RecordArrival {
    /// Which appointment.
    pub target: Target,
}

impl Command for RecordArrival {
    const NAME: &'static str = "record-arrival";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut open = OpenAppointment::load(self.target, decision)?;
        let now = decision.now();
        open.decide(decision, AppointmentCommand::Arrive { now })?;
        open.settle()
    }
}
