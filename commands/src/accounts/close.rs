//! Closing a settled account for good.

use domain::account::AccountCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, accounts::charged_account, decide, stop::Stop};

/// Closes a patient's account. Repeating it changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct CloseAccount {
    /// The account and its expected version.
    pub target: Target,
}

impl Command for CloseAccount {
    const NAME: &'static str = "close-account";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let id = self.target.id;
        let mut account = charged_account(id, decision)?;
        self.target.check_version(&account)?;
        decide(decision, &mut account, AccountCommand::Close)?;
        Ok(Answer::account(id, &account).about(id, decision)?)
    }
}
