//! Opening a patient's account. Opening one that is open answers with it and changes nothing.

use domain::account::{Account, AccountCommand};
use journal::{Context, Decision};
use uuid::Uuid;

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, accounts::check_patient, decide, stop::Stop,
};

/// Opens a patient's account.
#[derive(Clone, Copy, Debug)]
pub struct OpenAccount {
    /// Whose: it is the account's id, too.
    pub patient_id: Uuid,
}

impl Commands {
    /// Opens a patient's account. The answer's status is 201 if it was opened now, and 200 if it was there.
    ///
    /// # Errors
    /// There is no such patient, they have been erased, or the log does not answer.
    pub async fn open_account(&self, command: &OpenAccount, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for OpenAccount {
    const NAME: &'static str = "open-account";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient_id = self.patient_id;
        let mut account = decision.load::<Account>(patient_id)?;
        if account.state().patient_id().is_some() {
            return Ok(Answer::account(patient_id, &account)?);
        }
        check_patient(patient_id, decision)?;
        decide(decision, &mut account, AccountCommand::Open { patient_id })?;
        Ok(Answer::account(patient_id, &account)?.made())
    }
}
