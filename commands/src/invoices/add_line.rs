//! Adding a line to a draft.

use domain::invoice::{InvoiceCommand, InvoiceLine};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, accounts::check_patient, decide, invoices::drafted_invoice, stop::Stop};

/// Adds a line to a draft.
#[derive(Clone, Debug)]
pub struct AddInvoiceLine {
    /// The invoice and its expected version.
    pub target: Target,
    /// The line.
    pub line: InvoiceLine,
}

impl Command for AddInvoiceLine {
    const NAME: &'static str = "add-invoice-line";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let (mut invoice, drafted) = drafted_invoice(self.target, decision)?;
        check_patient(drafted.patient_id, decision)?;
        decide(decision, &mut invoice, InvoiceCommand::AddLine(self.line.clone()))?;
        Ok(Answer::invoice(self.target.id, &invoice)?.made())
    }
}
