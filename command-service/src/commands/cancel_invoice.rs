//! Withdrawing an invoice as a whole. One that was issued is taken off the patient's account in the same step.

use domain::{
    account::{AccountCommand, Adjustment, AdjustmentKind},
    invoice::{InvoiceCommand, InvoiceStatus},
    values::Reason,
};
use journal::{CommandContext, Context, Freshness, UnitOfWork};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target, decide, invoices};

/// Cancels an invoice.
#[derive(Clone, Debug)]
pub struct CancelInvoice {
    /// The invoice.
    pub target: Target,
    /// Why.
    pub reason: Option<Reason>,
}

impl Commands {
    /// Cancels an invoice. One that has been cancelled stays as it is.
    ///
    /// # Errors
    /// There is no such invoice, something of it has been paid, or the log does not answer.
    pub async fn cancel_invoice(&self, command: &CancelInvoice, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for CancelInvoice {
    const NAME: &'static str = "cancel-invoice";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let (mut invoice, drafted) = commands.drafted_invoice(self.target, freshness).await?;
        let was_issued = invoice.state().status() == Some(InvoiceStatus::Issued);
        let charged = invoice.state().uncredited().filter(|_| was_issued);
        let reason = self.reason.clone();
        decide(&mut work, &mut invoice, InvoiceCommand::Cancel { reason })?;
        let mut position = invoice.head().position;
        if let Some(amount) = charged {
            let adjustment = Adjustment {
                // An invoice is cancelled once, so its id tells the adjustment from every other.
                adjustment_id: self.target.id,
                kind: AdjustmentKind::CreditNote,
                amount,
                invoice_id: Some(self.target.id),
                reason: self.reason.clone(),
            };
            let mut account = commands.charged_account(drafted.patient_id, freshness).await?;
            decide(&mut work, &mut account, AccountCommand::PostAdjustment(adjustment))?;
            position = position.max(account.head().position);
        }
        Ok(Attempted {
            work,
            answer: invoices::changed(self.target.id, &invoice)?,
            data_subject: commands.data_subject(drafted.patient_id, freshness).await?,
            position,
        })
    }
}
