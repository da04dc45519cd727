//! Saying when a practitioner is away.

use domain::{practitioner::PractitionerCommand, values::TimeOff};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, practitioners::change_practitioner, stop::Stop};

/// Says when a practitioner is away. What is booked stays booked.
#[derive(Clone, Debug)]
pub struct AddTimeOff {
    /// Which practitioner.
    pub target: Target,
    /// When.
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
