//! Changing what is known of a practitioner.

use domain::practitioner::{DetailsChange, PractitionerCommand};
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, practitioner_change::change_practitioner,
    stop::Stop,
};

/// Changes what is known of a practitioner. A change that changes nothing stores nothing.
#[derive(Clone, Debug)]
pub struct ChangePractitioner {
    /// Which practitioner.
    pub target: Target,
    /// The change.
    pub change: DetailsChange,
}

impl Commands {
    /// Changes what is known of a practitioner. A change that changes nothing stores nothing.
    ///
    /// # Errors
    /// There is no such practitioner, they have been deactivated or are at another version than expected, or the log does
    /// not answer.
    pub async fn change_practitioner(
        &self,
        command: &ChangePractitioner,
        caller: &Caller,
    ) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for ChangePractitioner {
    const NAME: &'static str = "change-practitioner";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PractitionerCommand::ChangeDetails(self.change.clone());
        change_practitioner(self.target, command, decision)
    }
}
