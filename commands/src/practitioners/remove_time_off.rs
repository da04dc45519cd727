//! Removing a practitioner's time off.

use domain::practitioner::PractitionerCommand;
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{Answer, Command, Rules, Target, practitioners::change_practitioner, stop::Stop};

/// Removes a practitioner's time off.
#[derive(Clone, Debug)]
pub struct RemoveTimeOff {
    /// The practitioner and the expected version.
    pub target: Target,
    /// The time off's id.
    pub time_off_id: Uuid,
}

impl Command for RemoveTimeOff {
    const NAME: &'static str = "remove-time-off";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PractitionerCommand::RemoveTimeOff {
            time_off_id: self.time_off_id,
        };
        let practitioner = change_practitioner(self.target, command, decision)?;
        Ok(Answer::practitioner(self.target.id, &practitioner)?)
    }
}
