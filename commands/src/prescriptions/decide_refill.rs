//! Granting another filling of a prescription, or not.

use domain::{prescription::PrescriptionCommand, values::Reason};
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Decides whether there is another filling.
#[derive(Clone, Debug)]
pub struct DecideRefill {
    /// Which prescription.
    pub target: Target,
    /// Which request.
    pub request_id: Uuid,
    /// What is decided.
    pub decision: RefillDecision,
}

/// What is decided about a request for another filling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefillDecision {
    /// It is granted.
    Approve,
    /// It is not, for a reason if one is given.
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
