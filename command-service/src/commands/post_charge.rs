//! Charging a patient for something that stands on no invoice.

use domain::account::{AccountCommand, Charge};
use journal::{Context, Decision};

use super::{
    Answer, Caller, Command, CommandError, Commands, Done, Rules, Target, accounts::opened_account, decide, stop::Stop,
};

/// Charges a patient.
#[derive(Clone, Copy, Debug)]
pub struct PostCharge {
    /// Whose account it goes to, and at which version.
    pub target: Target,
    /// What is owed.
    pub charge: Charge,
}

impl Commands {
    /// Charges a patient.
    ///
    /// # Errors
    /// There is no such patient, the account is closed or at another version than expected, or the log does not answer.
    pub async fn post_charge(&self, command: &PostCharge, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for PostCharge {
    const NAME: &'static str = "post-charge";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut account = opened_account(self.target.id, decision)?;
        self.target.check_version(&account)?;
        decide(decision, &mut account, AccountCommand::PostCharge(self.charge))?;
        Ok(Answer::account(self.target.id, &account)?.made())
    }
}
