//! Telling what became of a payment whose outcome was open. Money that has come in is recorded whatever became of the
//! invoice meanwhile: what is not open there any more stays on the account.

use domain::{
    account::{AccountCommand, AccountRefusal},
    invoice::{Invoice, InvoiceCommand, InvoiceStatus},
    values::{Amount, Money, PaymentReference},
};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::PaymentResource;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Refusal, Target, decide, ok};

/// Settles a payment.
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

impl Commands {
    /// Settles a payment. Saying the same again changes nothing.
    ///
    /// # Errors
    /// There is no such payment for the invoice, it has been received and is said to have failed, or the log does not
    /// answer.
    pub async fn settle_payment(&self, command: &SettlePayment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for SettlePayment {
    const NAME: &'static str = "settle-payment";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let (mut invoice, drafted) = commands.drafted_invoice(self.target, freshness).await?;
        let mut account = commands.charged_account(drafted.patient_id, freshness).await?;
        let attempted = account.state().payment(&self.reference).map(|(payment, _)| payment);
        let payment = attempted
            .filter(|payment| payment.invoice_id == self.target.id)
            .ok_or(Refusal::Account(AccountRefusal::UnknownPayment))?
            .clone();
        let reference = self.reference.clone();
        match self.outcome {
            PaymentOutcome::Failed => decide(&mut work, &mut account, AccountCommand::FailPayment { reference })?,
            PaymentOutcome::Captured => {
                decide(&mut work, &mut account, AccountCommand::ReceivePayment(payment.clone()))?;
                let captured = account.state().captured(&reference, self.target.id);
                let captured = captured.map_err(Refusal::Account)?;
                if let Some(amount) = allocatable(invoice.state(), &reference, payment.amount) {
                    let allocate = InvoiceCommand::AllocatePayment {
                        payment: captured,
                        amount,
                    };
                    decide(&mut work, &mut invoice, allocate)?;
                }
            }
        }
        let state = account.state();
        let outcome = state.payment(&self.reference).map(|(_, outcome)| outcome);
        let outcome = outcome.ok_or(Refusal::Account(AccountRefusal::UnknownPayment))?;
        let refunded = state.refunded_minor(&self.reference);
        let resource = PaymentResource::new(drafted.patient_id, &payment, outcome, refunded);
        Ok(Attempted {
            work,
            answer: ok(invoice.version(), &resource)?,
            data_subject: commands.data_subject(drafted.patient_id, freshness).await?,
            position: invoice.head().position.max(account.head().position),
        })
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
