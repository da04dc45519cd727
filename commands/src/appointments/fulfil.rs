//! Recording that the practitioner has seen the patient.

use domain::appointment::AppointmentCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, appointments::OpenAppointment, stop::Stop};

/// Records that the practitioner has seen the patient.
#[derive(Clone, Debug)]
pub struct FulfilAppointment {
    /// The appointment and its expected version.
    pub target: Target,
}

impl Command for FulfilAppointment {
    const NAME: &'static str = "fulfil-appointment";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut open = OpenAppointment::load(self.target, decision)?;
        let fulfil = AppointmentCommand::Fulfil {
            now: decision.now(),
            early: rules.early_fulfilment,
        };
        open.decide(decision, fulfil)?;
        open.settle()
    }
}
