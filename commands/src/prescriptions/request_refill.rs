//! Requesting a refill.

use domain::prescription::PrescriptionCommand;
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Requests a refill.
#[derive(Clone, Debug)]
pub struct RequestRefill {
    /// The prescription and its expected version.
    pub target: Target,
    /// The id of the new request.
    pub request_id: Uuid,
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
