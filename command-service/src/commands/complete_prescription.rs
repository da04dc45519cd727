//! Recording that everything that was prescribed has been taken.

use domain::prescription::PrescriptionCommand;
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, prescriptions::change_prescription,
    stop::Stop,
};

/// Records that everything has been taken.
#[derive(Clone, Debug)]
pub struct CompletePrescription {
    /// Which prescription.
    pub target: Target,
}

impl Commands {
    /// Records that everything has been taken.
    ///
    /// # Errors
    /// There is no such prescription, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn complete_prescription(
        &self,
        command: &CompletePrescription,
        caller: &Caller,
    ) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for CompletePrescription {
    const NAME: &'static str = "complete-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Complete;
        change_prescription(self.target, command, decision)
    }
}
