//! Saying when a practitioner is away.

use domain::{practitioner::PractitionerCommand, values::TimeOff};
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Shown, Target,
    practitioner_change::change_practitioner, stop::Stop,
};

/// Says when a practitioner is away. What is booked stays booked.
#[derive(Clone, Debug)]
pub struct AddTimeOff {
    /// Which practitioner.
    pub target: Target,
    /// When.
    pub time_off: TimeOff,
}

impl Commands {
    /// Says when a practitioner is away. What is booked stays booked.
    ///
    /// # Errors
    /// There is no such practitioner, they have been deactivated or are at another version than expected, or the log does
    /// not answer.
    pub async fn add_time_off(&self, command: &AddTimeOff, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for AddTimeOff {
    const NAME: &'static str = "add-time-off";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PractitionerCommand::AddTimeOff(self.time_off);
        let answer = change_practitioner(self.target, command, decision)?;
        let shown = Shown::TimeOff(self.target.id, answer.shown.version(), self.time_off.id());
        Ok(Answer { shown, ..answer.made() })
    }
}
