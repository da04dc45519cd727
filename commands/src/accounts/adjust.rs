//! Lowering what a patient owes, without money: a debt that will not be collected, or a charge that was wrong.

use domain::account::{AccountCommand, Adjustment};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Rules, Target,
    accounts::{charged_account, enter},
    stop::Stop,
};

/// Lowers what a patient owes.
#[derive(Clone, Debug)]
pub struct PostAdjustment {
    /// Whose account it goes to, and at which version.
    pub target: Target,
    /// By how much, and why.
    pub adjustment: Adjustment,
}

impl Command for PostAdjustment {
    const NAME: &'static str = "post-adjustment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let id = self.target.id;
        let mut account = charged_account(id, decision)?;
        self.target.check_version(&account)?;
        let adjustment = self.adjustment.clone();
        enter(decision, &mut account, AccountCommand::PostAdjustment(adjustment))?;
        Ok(Answer::account(id, &account).made().about(id, decision)?)
    }
}
