//! Asking for another filling of a prescription.

use domain::prescription::PrescriptionCommand;
use journal::{Context, Decision};
use uuid::Uuid;

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, prescriptions::change_prescription,
    stop::Stop,
};

/// Asks for another filling.
#[derive(Clone, Debug)]
pub struct RequestRefill {
    /// Which prescription.
    pub target: Target,
    /// The id that the request will have.
    pub request_id: Uuid,
}

impl Commands {
    /// Asks for another filling.
    ///
    /// # Errors
    /// There is no such prescription, it is at another version than expected, no refills remain, or the log does not answer.
    pub async fn request_refill(&self, command: &RequestRefill, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for RequestRefill {
    const NAME: &'static str = "request-refill";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let request_id = self.request_id;
        let command = PrescriptionCommand::RequestRefill { request_id };
        change_prescription(self.target, command, decision)
    }
}
