//! Changing what is known of a practitioner.

use domain::practitioner::{DetailsChange, PractitionerCommand};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, practitioners::change_practitioner, stop::Stop};

/// Changes what is known of a practitioner. A change that changes nothing stores nothing.
#[derive(Clone, Debug)]
pub struct ChangePractitioner {
    /// Which practitioner.
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
