//! Setting a practitioner's weekly availability.

use domain::{practitioner::PractitionerCommand, values::WeeklyAvailability};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, practitioners::change_practitioner, stop::Stop};

/// Sets a practitioner's weekly availability from a date on. Existing bookings stay.
#[derive(Clone, Debug)]
pub struct SetAvailability {
    /// The practitioner and the expected version.
    pub target: Target,
    /// The availability.
    pub availability: WeeklyAvailability,
}

impl Command for SetAvailability {
    const NAME: &'static str = "set-availability";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PractitionerCommand::SetAvailability(self.availability.clone());
        let practitioner = change_practitioner(self.target, command, decision)?;
        Ok(Answer::practitioner(self.target.id, &practitioner)?)
    }
}
