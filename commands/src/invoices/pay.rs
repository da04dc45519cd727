//! Taking a payment towards an invoice: the account's entry and the invoice's allocation are stored together or not at
//! all. Of an attempt whose outcome is open only that is noted, and it blocks every other until it is settled.

use domain::{
    account::{AccountCommand, Payment},
    invoice::Invoice,
};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Refusal, Rules, Target,
    accounts::{charged_account, enter},
    invoices::drafted_invoice,
    stop::Stop,
};

/// Takes a payment. The same payment, told again, changes nothing.
#[derive(Clone, Debug)]
pub struct TakePayment {
    /// The payment.
    pub payment: Payment,
    /// The invoice that is paid.
    pub target: Target,
    /// Whether the money is there.
    pub certainty: PaymentCertainty,
}

/// Whether the money of a payment is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentCertainty {
    /// It is there.
    Captured,
    /// The attempt is about to be made; its outcome is told later.
    Initiated,
}

impl PaymentCertainty {
    pub(crate) const fn command(self, payment: Payment) -> AccountCommand {
        match self {
            Self::Initiated => AccountCommand::InitiatePayment(payment),
            Self::Captured => AccountCommand::ReceivePayment(payment),
        }
    }
}

impl Command for TakePayment {
    const NAME: &'static str = "take-payment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let payment = &self.payment;
        let (invoice, drafted) = drafted_invoice(self.target, decision)?;
        let mut account = charged_account(drafted.patient_id, decision)?;
        let known = account.state().payment(&payment.reference).is_some();
        if !known {
            invoice.state().payable(payment.amount).map_err(Refusal::Invoice)?;
        }
        enter(decision, &mut account, self.certainty.command(payment.clone()))?;
        let invoice = decision.load::<Invoice>(self.target.id)?;
        let answer = Answer::payment(self.target.id, invoice.version(), &account, &payment.reference)?;
        Ok(answer.made().about(drafted.patient_id, decision)?)
    }
}
