//! Issuing a credit note. One commit credits the invoice and the account, with the proportional tax.

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
    /// The invoice and its expected version.
    pub target: Target,
    /// The id of the new credit note.
    pub credit_note_id: Uuid,
    /// The amount including tax.
    pub amount: Amount,
    /// The reason.
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
        let note = note.ok_or_else(|| CommandError::Broken("an issued credit note is missing".to_owned()))?;
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
