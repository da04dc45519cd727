//! Settling a pending payment of an invoice. Received money is recorded in any state of the invoice. Money beyond the
//! open amount stays unallocated on the account.

use domain::{
    account::{AccountCommand, AccountRefusal, Payment},
    invoice::Invoice,
    values::PaymentReference,
};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Refusal, Rules, Target,
    accounts::{charged_account, enter},
    invoices::drafted_invoice,
    stop::Stop,
};

/// Settles a payment. Repeating it changes nothing.
#[derive(Clone, Debug)]
pub struct SettlePayment {
    /// The invoice and its expected version.
    pub target: Target,
    /// The payment's reference.
    pub reference: PaymentReference,
    /// The outcome.
    pub outcome: PaymentOutcome,
}

/// The outcome of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// The money has been received.
    Captured,
    /// The attempt has definitely failed.
    Failed,
}

impl PaymentOutcome {
    pub(crate) fn command(self, payment: Payment) -> AccountCommand {
        match self {
            Self::Failed => AccountCommand::FailPayment {
                reference: payment.reference,
            },
            Self::Captured => AccountCommand::ReceivePayment(payment),
        }
    }
}

impl Command for SettlePayment {
    const NAME: &'static str = "settle-payment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let (_, drafted) = drafted_invoice(self.target, decision)?;
        let mut account = charged_account(drafted.patient_id, decision)?;
        let attempted = account.state().payment(&self.reference).map(|(payment, _)| payment);
        let payment = attempted
            .filter(|payment| payment.invoice_id == Some(self.target.id))
            .ok_or(Refusal::Account(AccountRefusal::UnknownPayment))?
            .clone();
        enter(decision, &mut account, self.outcome.command(payment))?;
        let invoice = decision.load::<Invoice>(self.target.id)?;
        let answer = Answer::payment(self.target.id, invoice.version(), &account, &self.reference)?;
        Ok(answer.about(drafted.patient_id, decision)?)
    }
}
