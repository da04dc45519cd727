//! Telling what became of a payment whose outcome was open. Money that has come in is recorded whatever became of the
//! invoice meanwhile: what is not open there any more stays on the account.

use domain::{
    account::{AccountCommand, AccountRefusal},
    invoice::{Invoice, InvoiceCommand, InvoiceStatus},
    values::{Amount, Money, PaymentReference},
};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Refusal, Rules, Target, accounts::charged_account, decide, invoices::drafted_invoice, stop::Stop,
};

/// Settles a payment. Saying the same again changes nothing.
#[derive(Clone, Debug)]
pub struct SettlePayment {
    /// The invoice.
    pub target: Target,
    /// Which payment.
    pub reference: PaymentReference,
    /// What became of it.
    pub outcome: PaymentOutcome,
}

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// The money is there.
    Captured,
    /// There is no money, for certain.
    Failed,
}

impl Command for SettlePayment {
    const NAME: &'static str = "settle-payment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let (mut invoice, drafted) = drafted_invoice(self.target, decision)?;
        let mut account = charged_account(drafted.patient_id, decision)?;
        let attempted = account.state().payment(&self.reference).map(|(payment, _)| payment);
        let payment = attempted
            .filter(|payment| payment.invoice_id == self.target.id)
            .ok_or(Refusal::Account(AccountRefusal::UnknownPayment))?
            .clone();
        let reference = self.reference.clone();
        match self.outcome {
            PaymentOutcome::Failed => decide(decision, &mut account, AccountCommand::FailPayment { reference })?,
            PaymentOutcome::Captured => {
                decide(decision, &mut account, AccountCommand::ReceivePayment(payment.clone()))?;
                let captured = account.state().captured(&reference, self.target.id);
                let captured = captured.map_err(Refusal::Account)?;
                if let Some(amount) = allocatable(invoice.state(), &reference, payment.amount) {
                    let allocate = InvoiceCommand::AllocatePayment {
                        payment: captured,
                        amount,
                    };
                    decide(decision, &mut invoice, allocate)?;
                }
            }
        }
        let answer = Answer::payment(self.target.id, invoice.version(), &account, &self.reference)?;
        Ok(answer.about(drafted.patient_id, decision)?)
    }
}

/// How much of a payment the invoice still takes; nothing if it has been allocated, or nothing is open.
fn allocatable(invoice: &Invoice, reference: &PaymentReference, paid: Amount) -> Option<Amount> {
    let takes = matches!(invoice.status(), Some(InvoiceStatus::Issued | InvoiceStatus::Balanced));
    if !takes || invoice.allocations().contains_key(reference) {
        return None;
    }
    let open = i64::try_from(invoice.open_minor()).ok()?;
    let minor = open.min(paid.money().minor());
    Amount::parse(Money::new(minor, paid.money().currency())).ok()
}
