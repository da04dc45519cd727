//! Taking back some of what an invoice charged, with its share of the tax: on the invoice and on the account at once.

use domain::{
    account::{AccountCommand, Adjustment, AdjustmentKind},
    invoice::InvoiceCommand,
    values::{Amount, Reason},
};
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{
    Answer, Command, CommandError, Rules, Target, accounts::charged_account, decide, invoices::drafted_invoice,
    stop::Stop,
};

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

impl Command for IssueCreditNote {
    const NAME: &'static str = "issue-credit-note";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let (mut invoice, drafted) = drafted_invoice(self.target, decision)?;
        let credit = InvoiceCommand::IssueCreditNote {
            credit_note_id: self.credit_note_id,
            amount: self.amount,
            reason: self.reason.clone(),
        };
        decide(decision, &mut invoice, credit)?;
        let note = invoice.state().credit_notes().get(&self.credit_note_id);
        let note = note.ok_or_else(|| CommandError::Broken("a credit note that was issued is not there".to_owned()))?;
        let adjustment = Adjustment {
            adjustment_id: self.credit_note_id,
            kind: AdjustmentKind::CreditNote,
            amount: note.amount,
            invoice_id: Some(self.target.id),
            reason: note.reason.clone(),
        };
        let mut account = charged_account(drafted.patient_id, decision)?;
        decide(decision, &mut account, AccountCommand::PostAdjustment(adjustment))?;
        let answer = Answer::invoice(self.target.id, &invoice)?.made();
        Ok(answer.about(drafted.patient_id, decision)?)
    }
}
