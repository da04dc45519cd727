//! Posting an adjustment: a write-off or a credit note.

use domain::account::{AccountCommand, Adjustment};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Rules, Target,
    accounts::{charged_account, enter},
    stop::Stop,
};

/// Lowers a patient's debt without a payment.
#[derive(Clone, Debug)]
pub struct PostAdjustment {
    /// The account and its expected version.
    pub target: Target,
    /// The adjustment.
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
