//! Taking a payment to an account. It is allocated to the named items, or to the oldest debts. The rest stays
//! unallocated.

use domain::account::Payment;
use journal::{Context, Decision};

use crate::{
    Answer, Command, PaymentCertainty, Rules, Target,
    accounts::{enter, opened_account},
    stop::Stop,
};

/// Takes a payment to an account. Repeating it changes nothing.
#[derive(Clone, Debug)]
pub struct TakeAccountPayment {
    /// The account and its expected version.
    pub target: Target,
    /// The payment.
    pub payment: Payment,
    /// Whether the money has been received.
    pub certainty: PaymentCertainty,
}

impl Command for TakeAccountPayment {
    const NAME: &'static str = "take-account-payment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let id = self.target.id;
        let mut account = opened_account(id, decision)?;
        self.target.check_version(&account)?;
        enter(decision, &mut account, self.certainty.command(self.payment.clone()))?;
        Ok(Answer::account_payment(id, &account, &self.payment.reference)?.made())
    }
}
