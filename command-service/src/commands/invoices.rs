//! What the commands on invoices share. One that writes an account as well asks for the invoice first: it tells whose
//! account it is, and whoever takes turns in one order never waits in a circle.

use domain::{
    account::{AccountCommand, Charge},
    idempotency_key::RecordedAnswer,
    invoice::{Invoice, InvoiceDrafted, InvoiceRefusal},
};
use journal::{Freshness, Loaded, UnitOfWork};
use schemas::api::InvoiceResource;
use uuid::Uuid;

use super::{CommandError, Commands, Refusal, Target, decide, ok};

impl Commands {
    /// An invoice that has been drafted, to write.
    pub(super) async fn drafted_invoice(
        &self,
        target: Target,
        freshness: Freshness,
    ) -> Result<(Loaded<Invoice>, InvoiceDrafted), CommandError> {
        let invoice = self.load_to_write::<Invoice>(&target.id.to_string(), freshness).await?;
        let unknown = Refusal::Invoice(InvoiceRefusal::Unknown);
        let drafted = *invoice.state().drafted().ok_or(unknown)?;
        target.check_version(&invoice)?;
        Ok((invoice, drafted))
    }

    /// Charges the patient's account with an invoice that has just been issued. Answers with the account's position
    /// before that.
    pub(super) async fn charge_issued(
        &self,
        work: &mut UnitOfWork,
        id: Uuid,
        invoice: &Loaded<Invoice>,
        patient_id: Uuid,
        freshness: Freshness,
    ) -> Result<u64, CommandError> {
        let issued = invoice.state().issued().map(|issued| issued.amount);
        let charge = Charge {
            // An invoice is charged once, so its id tells the charge from every other.
            charge_id: id,
            invoice_id: Some(id),
            amount: issued.ok_or(Refusal::Invoice(InvoiceRefusal::NoLines))?,
        };
        let mut account = self.opened_account(work, patient_id, freshness).await?;
        decide(work, &mut account, AccountCommand::PostCharge(charge))?;
        Ok(account.head().position)
    }
}

/// An invoice as the API shows it.
pub(super) fn resource(id: Uuid, invoice: &Loaded<Invoice>) -> Result<InvoiceResource, CommandError> {
    let state = invoice.state();
    let known = state.drafted().zip(state.status());
    let (drafted, status) = known.ok_or(Refusal::Invoice(InvoiceRefusal::Unknown))?;
    Ok(InvoiceResource::new(id, invoice.version(), drafted, status, state))
}

/// The answer to a command that changed an invoice.
pub(super) fn changed(id: Uuid, invoice: &Loaded<Invoice>) -> Result<RecordedAnswer, CommandError> {
    ok(invoice.version(), &resource(id, invoice)?)
}
