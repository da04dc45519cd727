//! Refunding a payment of an account, whatever it is allocated to. Refunds never exceed the payment.

use domain::account::{AccountCommand, Refund};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Rules, Target,
    accounts::{charged_account, enter},
    stop::Stop,
};

/// Refunds a payment in full or in part.
#[derive(Clone, Debug)]
pub struct RefundAccountPayment {
    /// The account and its expected version.
    pub target: Target,
    /// The refund.
    pub refund: Refund,
}

impl Command for RefundAccountPayment {
    const NAME: &'static str = "refund-account-payment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let id = self.target.id;
        let mut account = charged_account(id, decision)?;
        self.target.check_version(&account)?;
        let refund = AccountCommand::RefundPayment(self.refund.clone());
        enter(decision, &mut account, refund)?;
        let answer = Answer::account_payment(id, &account, &self.refund.reference)?.made();
        Ok(answer.about(id, decision)?)
    }
}
