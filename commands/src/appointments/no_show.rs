//! Recording that the patient did not come, which releases the appointment's time.

use domain::appointment::AppointmentCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, appointments::OpenAppointment, stop::Stop};

/// Records that the patient did not come.
#[derive(Clone, Debug)]
pub struct RecordNoShow {
    /// The appointment and its expected version.
    pub target: Target,
}

impl Command for RecordNoShow {
    const NAME: &'static str = "record-no-show";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut open = OpenAppointment::load(self.target, decision)?;
        let miss = AppointmentCommand::Miss {
            now: decision.now(),
            grace: rules.no_show_grace,
        };
        open.decide(decision, miss)?;
        open.settle()
    }
}
