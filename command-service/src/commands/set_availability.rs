//! Saying when a practitioner sees patients.

use domain::{practitioner::PractitionerCommand, values::WeeklyAvailability};
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, practitioner_change::change_practitioner,
    stop::Stop,
};

/// Says when a practitioner sees patients, from a day on. What is booked stays booked.
#[derive(Clone, Debug)]
pub struct SetAvailability {
    /// Which practitioner.
    pub target: Target,
    /// When.
    pub availability: WeeklyAvailability,
}

impl Commands {
    /// Says when a practitioner sees patients, from a day on. What is booked stays booked.
    ///
    /// # Errors
    /// There is no such practitioner, they have been deactivated or are at another version than expected, or the log does
    /// not answer.
    pub async fn set_availability(&self, command: &SetAvailability, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for SetAvailability {
    const NAME: &'static str = "set-availability";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PractitionerCommand::SetAvailability(self.availability.clone());
        change_practitioner(self.target, command, decision)
    }
}
