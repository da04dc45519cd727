//! Taking a payment towards an invoice: the account's entry and the invoice's allocation are stored together or not at
//! all. Of an attempt whose outcome is open only that is noted, and it blocks every other until it is settled.

use domain::{
    account::{AccountCommand, Payment},
    invoice::InvoiceCommand,
};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Refusal, Rules, Target, accounts::charged_account, decide, invoices::drafted_invoice, stop::Stop,
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

impl Command for TakePayment {
    const NAME: &'static str = "take-payment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let payment = &self.payment;
        let (mut invoice, drafted) = drafted_invoice(self.target, decision)?;
        let mut account = charged_account(drafted.patient_id, decision)?;
        let known = account.state().payment(&payment.reference).is_some();
        if !known {
            invoice.state().payable(payment.amount).map_err(Refusal::Invoice)?;
        }
        match self.certainty {
            PaymentCertainty::Initiated => {
                let initiate = AccountCommand::InitiatePayment(payment.clone());
                decide(decision, &mut account, initiate)?;
            }
            PaymentCertainty::Captured => {
                decide(decision, &mut account, AccountCommand::ReceivePayment(payment.clone()))?;
                let captured = account.state().captured(&payment.reference, payment.invoice_id);
                let allocate = InvoiceCommand::AllocatePayment {
                    payment: captured.map_err(Refusal::Account)?,
                    amount: payment.amount,
                };
                // Of one that was settled, less may have been counted towards the invoice than was paid.
                if !invoice.state().allocations().contains_key(&payment.reference) {
                    decide(decision, &mut invoice, allocate)?;
                }
            }
        }
        let answer = Answer::payment(payment.invoice_id, invoice.version(), &account, &payment.reference)?;
        Ok(answer.made().about(drafted.patient_id, decision)?)
    }
}
