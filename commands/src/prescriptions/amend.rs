//! Amending a prescription.

use domain::prescription::{Prescription, PrescriptionChange, PrescriptionCommand};
use journal::{Context, Decision};

use super::live::Holding;
use crate::{Answer, Command, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Changes the medicines, refills or notes of a prescription.
#[derive(Clone, Debug)]
pub struct AmendPrescription {
    /// The prescription and its expected version.
    pub target: Target,
    /// The change.
    pub change: PrescriptionChange,
    /// Whether a medicine can be in another live prescription of the appointment, as it can in history.
    pub may_repeat: bool,
}

impl Command for AmendPrescription {
    const NAME: &'static str = "amend-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let before = decision.load::<Prescription>(self.target.id)?;
        let command = PrescriptionCommand::Amend(self.change.clone());
        let answer = change_prescription(self.target, command, decision)?;
        if let Some(appointment_id) = before.state().claims()
            && let Some(medicines) = &self.change.medicines
            && !self.may_repeat
        {
            let prescribed = before.state().prescribed();
            let holding = Holding {
                id: self.target.id,
                appointment_id,
                medicines,
                present: prescribed.and_then(|prescribed| prescribed.directions.medicines.known()),
            };
            holding.check(decision)?;
        }
        Ok(answer)
    }
}
