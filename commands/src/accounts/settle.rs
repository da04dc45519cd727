//! Settling a pending payment to an account.

use domain::{account::AccountRefusal, values::PaymentReference};
use journal::{Context, Decision};

use crate::{
    Answer, Command, PaymentOutcome, Refusal, Rules, Target,
    accounts::{charged_account, enter},
    stop::Stop,
};

/// Settles a payment to an account. Repeating it changes nothing.
#[derive(Clone, Debug)]
pub struct SettleAccountPayment {
    /// The account and its expected version.
    pub target: Target,
    /// The payment's reference.
    pub reference: PaymentReference,
    /// The outcome.
    pub outcome: PaymentOutcome,
}

impl Command for SettleAccountPayment {
    const NAME: &'static str = "settle-account-payment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let id = self.target.id;
        let mut account = charged_account(id, decision)?;
        self.target.check_version(&account)?;
        let attempted = account.state().payment(&self.reference);
        let (payment, _) = attempted.ok_or(Refusal::Account(AccountRefusal::UnknownPayment))?;
        let command = self.outcome.command(payment.clone());
        enter(decision, &mut account, command)?;
        Ok(Answer::account_payment(id, &account, &self.reference)?.about(id, decision)?)
    }
}
