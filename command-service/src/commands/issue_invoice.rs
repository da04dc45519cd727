//! Issuing an invoice: its tax is computed, it never changes again, and the patient's account is charged, all at once.

use domain::{
    account::{AccountCommand, Charge},
    invoice::{InvoiceCommand, InvoiceRefusal},
};
use journal::{CommandContext, Context, Freshness, UnitOfWork};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Refusal, Target, decide, invoices};

/// Issues an invoice.
#[derive(Clone, Copy, Debug)]
pub struct IssueInvoice {
    /// The invoice.
    pub target: Target,
}

impl Commands {
    /// Issues an invoice. One that has been issued stays as it is.
    ///
    /// # Errors
    /// There is no such invoice, it holds nothing or has been cancelled, or the log does not answer.
    pub async fn issue_invoice(&self, command: &IssueInvoice, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for IssueInvoice {
    const NAME: &'static str = "issue-invoice";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let (mut invoice, drafted) = commands.drafted_invoice(self.target, freshness).await?;
        decide(&mut work, &mut invoice, InvoiceCommand::Issue)?;
        let issued = invoice.state().issued().map(|issued| issued.amount);
        let charge = Charge {
            // An invoice is charged once, so its id tells the charge from every other.
            charge_id: self.target.id,
            invoice_id: Some(self.target.id),
            amount: issued.ok_or(Refusal::Invoice(InvoiceRefusal::NoLines))?,
        };
        let mut account = commands
            .opened_account(&mut work, drafted.patient_id, freshness)
            .await?;
        decide(&mut work, &mut account, AccountCommand::PostCharge(charge))?;
        Ok(Attempted {
            work,
            answer: invoices::changed(self.target.id, &invoice)?,
            data_subject: Some(drafted.patient_id),
            position: invoice.head().position.max(account.head().position),
        })
    }
}
