//! Adding a line to an invoice that is being drafted.

use domain::invoice::{InvoiceCommand, InvoiceLine};
use journal::{CommandContext, Context, Freshness, UnitOfWork};

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Target, created, decide, invoices};

/// Adds a line to a draft.
#[derive(Clone, Debug)]
pub struct AddInvoiceLine {
    /// The invoice.
    pub target: Target,
    /// The line.
    pub line: InvoiceLine,
}

impl Commands {
    /// Adds a line to a draft.
    ///
    /// # Errors
    /// There is no such invoice, it has been issued, is full or in another currency, or the log does not answer.
    pub async fn add_invoice_line(&self, command: &AddInvoiceLine, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for AddInvoiceLine {
    const NAME: &'static str = "add-invoice-line";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let (mut invoice, drafted) = commands.drafted_invoice(self.target, freshness).await?;
        commands.check_patient(drafted.patient_id, freshness).await?;
        decide(&mut work, &mut invoice, InvoiceCommand::AddLine(self.line.clone()))?;
        let resource = invoices::resource(self.target.id, &invoice)?;
        let answer = created(
            format!("/api/invoices/{}", self.target.id),
            invoice.version(),
            &resource,
        )?;
        Ok(Attempted {
            work,
            answer,
            data_subject: Some(drafted.patient_id),
            position: invoice.head().position,
        })
    }
}
