//! Taking back that a practitioner is away.

use domain::practitioner::PractitionerCommand;
use journal::{Context, Decision};
use uuid::Uuid;

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, practitioner_change::change_practitioner,
    stop::Stop,
};

/// Takes back that a practitioner is away.
#[derive(Clone, Debug)]
pub struct RemoveTimeOff {
    /// Which practitioner.
    pub target: Target,
    /// The time off's id.
    pub time_off_id: Uuid,
}

impl Commands {
    /// Takes back that a practitioner is away.
    ///
    /// # Errors
    /// There is no such practitioner, they have been deactivated or are at another version than expected, or the log does
    /// not answer.
    pub async fn remove_time_off(&self, command: &RemoveTimeOff, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for RemoveTimeOff {
    const NAME: &'static str = "remove-time-off";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PractitionerCommand::RemoveTimeOff {
            time_off_id: self.time_off_id,
        };
        change_practitioner(self.target, command, decision)
    }
}
