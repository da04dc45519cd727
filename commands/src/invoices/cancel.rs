//! Cancelling an invoice. The same commit credits the account if the invoice was issued.

use domain::{
    account::{AccountCommand, Adjustment, AdjustmentKind},
    invoice::{InvoiceCommand, InvoiceStatus},
    values::Reason,
};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, accounts::charged_account, decide, invoices::drafted_invoice, stop::Stop};

/// Cancels an invoice. Repeating it changes nothing.
#[derive(Clone, Debug)]
pub struct CancelInvoice {
    /// The invoice and its expected version.
    pub target: Target,
    /// The reason.
    pub reason: Option<Reason>,
}

impl Command for CancelInvoice {
    const NAME: &'static str = "cancel-invoice";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let (mut invoice, drafted) = drafted_invoice(self.target, decision)?;
        let was_issued = invoice.state().status() == Some(InvoiceStatus::Issued);
        let charged = invoice.state().uncredited().filter(|_| was_issued);
        let reason = self.reason.clone();
        decide(decision, &mut invoice, InvoiceCommand::Cancel { reason })?;
        if let Some(amount) = charged {
            let adjustment = Adjustment {
                // An invoice is cancelled once, so its id is unique as the id of the adjustment.
                adjustment_id: self.target.id,
                kind: AdjustmentKind::CreditNote,
                amount,
                invoice_id: Some(self.target.id),
                reason: self.reason.clone(),
            };
            let mut account = charged_account(drafted.patient_id, decision)?;
            decide(decision, &mut account, AccountCommand::PostAdjustment(adjustment))?;
        }
        Ok(Answer::invoice(self.target.id, &invoice)?.about(drafted.patient_id, decision)?)
    }
}
