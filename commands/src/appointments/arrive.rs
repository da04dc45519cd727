//! Recording the patient's arrival.

use domain::appointment::AppointmentCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, appointments::OpenAppointment, stop::Stop};

/// Records the patient's arrival.
#[derive(Clone, Debug)]
pub struct RecordArrival {
    /// The appointment and its expected version.
    pub target: Target,
}

impl Command for RecordArrival {
    const NAME: &'static str = "record-arrival";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut open = OpenAppointment::load(self.target, decision)?;
        let arrive = AppointmentCommand::Arrive {
            now: decision.now(),
            early: rules.early_arrival,
        };
        open.decide(decision, arrive)?;
        open.settle()
    }
}
