//! What the commands on invoices share.

use domain::{
    account::{AccountCommand, Charge},
    invoice::{Invoice, InvoiceDrafted, InvoiceRefusal},
};
use journal::{Decision, Loaded};
use uuid::Uuid;

use super::{Refusal, Target, accounts::opened_account, decide, stop::Stop};

/// An invoice that has been drafted.
pub(super) fn drafted_invoice(
    target: Target,
    decision: &Decision<'_, '_>,
) -> Result<(Loaded<Invoice>, InvoiceDrafted), Stop> {
    let invoice = decision.load::<Invoice>(target.id)?;
    let unknown = Refusal::Invoice(InvoiceRefusal::Unknown);
    let drafted = *invoice.state().drafted().ok_or(unknown)?;
    target.check_version(&invoice)?;
    Ok((invoice, drafted))
}

/// Charges the patient's account with an invoice that has just been issued.
pub(super) fn charge_issued(
    id: Uuid,
    invoice: &Loaded<Invoice>,
    patient_id: Uuid,
    decision: &mut Decision<'_, '_>,
) -> Result<(), Stop> {
    let issued = invoice.state().issued().map(|issued| issued.amount);
    let charge = Charge {
        // An invoice is charged once, so its id tells the charge from every other.
        charge_id: id,
        invoice_id: Some(id),
        amount: issued.ok_or(Refusal::Invoice(InvoiceRefusal::NoLines))?,
    };
    let mut account = opened_account(patient_id, decision)?;
    decide(decision, &mut account, AccountCommand::PostCharge(charge))
}
