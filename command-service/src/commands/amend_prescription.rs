//! Changing what is taken.

use domain::prescription::{PrescriptionChange, PrescriptionCommand};
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, prescriptions::change_prescription,
    stop::Stop,
};

/// Changes what is taken.
#[derive(Clone, Debug)]
pub struct AmendPrescription {
    /// Which prescription.
    pub target: Target,
    /// What changes.
    pub change: PrescriptionChange,
}

impl Commands {
    /// Changes what is taken.
    ///
    /// # Errors
    /// There is no such prescription, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn amend_prescription(&self, command: &AmendPrescription, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for AmendPrescription {
    const NAME: &'static str = "amend-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Amend(self.change.clone());
        change_prescription(self.target, command, decision)
    }
}
