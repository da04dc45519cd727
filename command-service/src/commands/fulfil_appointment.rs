//! Recording that the patient of an appointment has been seen.

use domain::appointment::AppointmentCommand;
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, open_appointment::OpenAppointment, stop::Stop,
};

/// Records that the patient has been seen.
#[derive(Clone, Debug)]
pub struct FulfilAppointment {
    /// Which appointment.
    pub target: Target,
}

impl Commands {
    /// Records that the patient has been seen.
    ///
    /// # Errors
    /// There is no such appointment, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn fulfil_appointment(&self, command: &FulfilAppointment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for FulfilAppointment {
    const NAME: &'static str = "fulfil-appointment";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut open = OpenAppointment::load(self.target, decision)?;
        let now = decision.now();
        open.decide(decision, AppointmentCommand::Fulfil { now })?;
        open.settle()
    }
}
