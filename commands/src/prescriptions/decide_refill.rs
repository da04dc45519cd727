//! Approving or denying a refill request.

use domain::{prescription::PrescriptionCommand, values::Reason};
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Approves or denies a refill request.
#[derive(Clone, Debug)]
pub struct DecideRefill {
    /// The prescription and its expected version.
    pub target: Target,
    /// The id of the request.
    pub request_id: Uuid,
    /// The decision.
    pub decision: RefillDecision,
}

/// The decision on a refill request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefillDecision {
    /// Approve the request.
    Approve,
    /// Deny the request, with an optional reason.
    Deny(Option<Reason>),
}

impl Command for DecideRefill {
    const NAME: &'static str = "decide-refill";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let request_id = self.request_id;
        let command = match &self.decision {
            RefillDecision::Approve => PrescriptionCommand::ApproveRefill { request_id },
            RefillDecision::Deny(reason) => PrescriptionCommand::DenyRefill {
                request_id,
                reason: reason.clone(),
            },
        };
        change_prescription(self.target, command, decision)
    }
}
