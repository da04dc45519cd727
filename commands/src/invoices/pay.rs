//! Taking a payment towards an invoice. One commit stores the account's entry and the invoice's allocation. An attempt
//! with an unknown outcome is only recorded, and blocks other payments until it is settled.

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

/// Takes a payment. Repeating it changes nothing.
#[derive(Clone, Debug)]
pub struct TakePayment {
    /// The payment.
    pub payment: Payment,
    /// The invoice and its expected version.
    pub target: Target,
    /// Whether the money has been received.
    pub certainty: PaymentCertainty,
}

/// Whether the money of a payment has been received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentCertainty {
    /// The money has been received.
    Captured,
    /// The attempt is about to start. Its outcome follows later.
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
