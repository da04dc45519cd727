//! Issuing an invoice. One commit computes its tax, makes it immutable and charges the account.

use domain::invoice::InvoiceCommand;
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, decide, invoices::charge_issued, invoices::drafted_invoice, stop::Stop};

/// Issues an invoice. Repeating it changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct IssueInvoice {
    /// The invoice and its expected version.
    pub target: Target,
}

impl Command for IssueInvoice {
    const NAME: &'static str = "issue-invoice";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let (mut invoice, drafted) = drafted_invoice(self.target, decision)?;
        decide(decision, &mut invoice, InvoiceCommand::Issue)?;
        charge_issued(self.target.id, &invoice, drafted.patient_id, decision)?;
        Ok(Answer::invoice(self.target.id, &invoice)?)
    }
}
