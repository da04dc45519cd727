//! Taking back some of what an invoice charged, with its share of the tax: on the invoice and on the account at once.

use domain::{
    account::{AccountCommand, Adjustment, AdjustmentKind},
    invoice::InvoiceCommand,
    values::{Amount, Reason},
};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target, created, decide, invoices};

/// Issues a credit note.
#[derive(Clone, Debug)]
pub struct IssueCreditNote {
    /// The invoice.
    pub target: Target,
    /// The id it will have.
    pub credit_note_id: Uuid,
    /// How much is taken back, tax included.
    pub amount: Amount,
    /// Why.
    pub reason: Option<Reason>,
}

impl Commands {
    /// Issues a credit note.
    ///
    /// # Errors
    /// There is no such invoice, it is not issued, less was charged, or the log does not answer.
    pub async fn issue_credit_note(&self, command: &IssueCreditNote, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for IssueCreditNote {
    const NAME: &'static str = "issue-credit-note";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let (mut invoice, drafted) = commands.drafted_invoice(self.target, freshness).await?;
        let credit = InvoiceCommand::IssueCreditNote {
            credit_note_id: self.credit_note_id,
            amount: self.amount,
            reason: self.reason.clone(),
        };
        decide(&mut work, &mut invoice, credit)?;
        let note = invoice.state().credit_notes().get(&self.credit_note_id);
        let note = note.ok_or_else(|| CommandError::Broken("a credit note that was issued is not there".to_owned()))?;
        let adjustment = Adjustment {
            adjustment_id: self.credit_note_id,
            kind: AdjustmentKind::CreditNote,
            amount: note.amount,
            invoice_id: Some(self.target.id),
            reason: note.reason.clone(),
        };
        let mut account = commands.charged_account(drafted.patient_id, freshness).await?;
        decide(&mut work, &mut account, AccountCommand::PostAdjustment(adjustment))?;
        let resource = invoices::resource(self.target.id, &invoice)?;
        let location = format!("/api/invoices/{}", self.target.id);
        Ok(Attempted {
            work,
            answer: created(location, invoice.version(), &resource)?,
            data_subject: commands.data_subject(drafted.patient_id, freshness).await?,
            position: invoice.head().position.max(account.head().position),
        })
    }
}
