//! The commands on invoices and their payments, and their shared parts.

mod add_line;
mod bill;
mod cancel;
mod credit;
mod draft;
mod issue;
mod pay;
mod refund;
mod settle;
mod withdraw;

pub use add_line::AddInvoiceLine;
pub use bill::BillAppointment;
pub use cancel::CancelInvoice;
pub use credit::IssueCreditNote;
use domain::{
    account::{AccountCommand, Charge},
    invoice::{Invoice, InvoiceDrafted, InvoiceRefusal},
};
pub use draft::DraftInvoice;
pub use issue::IssueInvoice;
use journal::{Decision, Loaded};
pub use pay::{PaymentCertainty, TakePayment};
pub use refund::RefundPayment;
pub use settle::{PaymentOutcome, SettlePayment};
use uuid::Uuid;
pub use withdraw::WithdrawBill;

use crate::{Refusal, Target, accounts::opened_account, decide, stop::Stop};

/// Loads an existing invoice.
fn drafted_invoice(target: Target, decision: &Decision<'_, '_>) -> Result<(Loaded<Invoice>, InvoiceDrafted), Stop> {
    let invoice = decision.load::<Invoice>(target.id)?;
    let unknown = Refusal::Invoice(InvoiceRefusal::Unknown);
    let drafted = *invoice.state().drafted().ok_or(unknown)?;
    target.check_version(&invoice)?;
    Ok((invoice, drafted))
}

/// Charges the account for an invoice just issued.
fn charge_issued(
    id: Uuid,
    invoice: &Loaded<Invoice>,
    patient_id: Uuid,
    decision: &mut Decision<'_, '_>,
) -> Result<(), Stop> {
    let issued = invoice.state().issued().map(|issued| issued.amount);
    let charge = Charge {
        // An invoice is charged once, so its id is unique as the id of the charge.
        charge_id: id,
        invoice_id: Some(id),
        amount: issued.ok_or(Refusal::Invoice(InvoiceRefusal::NoLines))?,
    };
    let mut account = opened_account(patient_id, decision)?;
    decide(decision, &mut account, AccountCommand::PostCharge(charge))
}
