//! Changing a practitioner's details.

use domain::practitioner::{DetailsChange, PractitionerCommand};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, practitioners::change_practitioner, stop::Stop};

/// Changes a practitioner's details. If they stay the same, nothing is stored.
#[derive(Clone, Debug)]
pub struct ChangePractitioner {
    /// The practitioner and the expected version.
    pub target: Target,
    /// The change.
    pub change: DetailsChange,
}

impl Command for ChangePractitioner {
    const NAME: &'static str = "change-practitioner";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PractitionerCommand::ChangeDetails(self.change.clone());
        let practitioner = change_practitioner(self.target, command, decision)?;
        Ok(Answer::practitioner(self.target.id, &practitioner)?)
    }
}
