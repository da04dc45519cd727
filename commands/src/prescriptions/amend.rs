//! Amending a prescription.

use domain::prescription::{PrescriptionChange, PrescriptionCommand};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Changes the medicines, refills or notes of a prescription.
#[derive(Clone, Debug)]
pub struct AmendPrescription {
    /// The prescription and its expected version.
    pub target: Target,
    /// The change.
    pub change: PrescriptionChange,
}

impl Command for AmendPrescription {
    const NAME: &'static str = "amend-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Amend(self.change.clone());
        change_prescription(self.target, command, decision)
    }
}
