//! Adding a practitioner's time off.

use domain::{practitioner::PractitionerCommand, values::TimeOff};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, practitioners::change_practitioner, stop::Stop};

/// Adds a practitioner's time off. Existing bookings stay.
#[derive(Clone, Debug)]
pub struct AddTimeOff {
    /// The practitioner and the expected version.
    pub target: Target,
    /// The time off.
    pub time_off: TimeOff,
}

impl Command for AddTimeOff {
    const NAME: &'static str = "add-time-off";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PractitionerCommand::AddTimeOff(self.time_off);
        let practitioner = change_practitioner(self.target, command, decision)?;
        Ok(Answer::time_off(self.target.id, &practitioner, self.time_off.id())?.made())
    }
}
