//! Asking for another filling of a prescription.

use domain::prescription::PrescriptionCommand;
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Asks for another filling.
#[derive(Clone, Debug)]
pub struct RequestRefill {
    /// Which prescription.
    pub target: Target,
    /// The id that the request will have.
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
