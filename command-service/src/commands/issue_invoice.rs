//! Issuing an invoice: its tax is computed, it never changes again, and the patient's account is charged, all at once.

use domain::invoice::InvoiceCommand;
use journal::{CommandContext, Context, Freshness, UnitOfWork};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target, decide, invoices};

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
        let charged = commands
            .charge_issued(&mut work, self.target.id, &invoice, drafted.patient_id, freshness)
            .await?;
        Ok(Attempted {
            work,
            answer: invoices::changed(self.target.id, &invoice)?,
            data_subject: Some(drafted.patient_id),
            position: invoice.head().position.max(charged),
        })
    }
}
