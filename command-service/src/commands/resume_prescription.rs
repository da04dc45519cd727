//! Letting a patient take what is prescribed again.

use domain::prescription::PrescriptionCommand;
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, prescriptions::change_prescription,
    stop::Stop,
};

/// Lets the patient take it again.
#[derive(Clone, Debug)]
pub struct ResumePrescription {
    /// Which prescription.
    pub target: Target,
}

impl Commands {
    /// Lets the patient take it again.
    ///
    /// # Errors
    /// There is no such prescription, it is at another version than expected, its status does not allow this, or the log
    /// does not answer.
    pub async fn resume_prescription(
        &self,
        command: &ResumePrescription,
        caller: &Caller,
    ) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for ResumePrescription {
    const NAME: &'static str = "resume-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let command = PrescriptionCommand::Resume;
        change_prescription(self.target, command, decision)
    }
}
