//! Taking a payment towards an invoice: the account's entry and the invoice's allocation are stored together or not at
//! all. Of an attempt whose outcome is open only that is noted, and it blocks every other until it is settled.

use domain::{
    account::{AccountCommand, Payment},
    invoice::InvoiceCommand,
};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::PaymentResource;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Refusal, Target, created, decide};

/// Takes a payment.
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

impl Commands {
    /// Takes a payment. The same payment, told again, changes nothing.
    ///
    /// # Errors
    /// There is no such invoice, it is not issued, less than the payment is open, the outcome of another payment is not
    /// known yet, or the log does not answer.
    pub async fn take_payment(&self, command: &TakePayment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for TakePayment {
    const NAME: &'static str = "take-payment";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let payment = &self.payment;
        let (mut invoice, drafted) = commands.drafted_invoice(self.target, freshness).await?;
        let mut account = commands.charged_account(drafted.patient_id, freshness).await?;
        let known = account.state().payment(&payment.reference).is_some();
        if !known {
            invoice.state().payable(payment.amount).map_err(Refusal::Invoice)?;
        }
        match self.certainty {
            PaymentCertainty::Initiated => {
                decide(
                    &mut work,
                    &mut account,
                    AccountCommand::InitiatePayment(payment.clone()),
                )?;
            }
            PaymentCertainty::Captured => {
                decide(&mut work, &mut account, AccountCommand::ReceivePayment(payment.clone()))?;
                let captured = account.state().captured(&payment.reference, payment.invoice_id);
                let allocate = InvoiceCommand::AllocatePayment {
                    payment: captured.map_err(Refusal::Account)?,
                    amount: payment.amount,
                };
                // Of one that was settled, less may have been counted towards the invoice than was paid.
                if !invoice.state().allocations().contains_key(&payment.reference) {
                    decide(&mut work, &mut invoice, allocate)?;
                }
            }
        }
        let state = account.state();
        let (payment, outcome) = state
            .payment(&payment.reference)
            .ok_or_else(|| CommandError::Broken("a payment that was taken is not there".to_owned()))?;
        let refunded = state.refunded_minor(&payment.reference);
        let resource = PaymentResource::new(drafted.patient_id, payment, outcome, refunded);
        let location = format!("/api/invoices/{}/payments", payment.invoice_id);
        Ok(Attempted {
            work,
            answer: created(location, invoice.version(), &resource)?,
            data_subject: commands.data_subject(drafted.patient_id, freshness).await?,
            position: invoice.head().position.max(account.head().position),
        })
    }
}
