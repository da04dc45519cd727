//! Saying when a practitioner sees patients.

use domain::{practitioner::PractitionerCommand, values::WeeklyAvailability};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, practitioners::change_practitioner, stop::Stop};

/// Says when a practitioner sees patients, from a day on. What is booked stays booked.
#[derive(Clone, Debug)]
pub struct SetAvailability {
    /// Which practitioner.
    pub target: Target,
    /// When.
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
