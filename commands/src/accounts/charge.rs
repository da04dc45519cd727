//! Charging a patient without an invoice.

use domain::account::{AccountCommand, Charge};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, accounts::opened_account, decide, stop::Stop};

/// Charges a patient.
#[derive(Clone, Copy, Debug)]
pub struct PostCharge {
    /// The account and its expected version.
    pub target: Target,
    /// The charge.
    pub charge: Charge,
}

impl Command for PostCharge {
    const NAME: &'static str = "post-charge";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut account = opened_account(self.target.id, decision)?;
        self.target.check_version(&account)?;
        decide(decision, &mut account, AccountCommand::PostCharge(self.charge))?;
        Ok(Answer::account(self.target.id, &account).made())
    }
}
