//! Withdrawing the bill of an appointment entered in error. Nothing is owed for it then. Payments for it become a balance in the
//! patient's favour.

use domain::{
    invoice::{Invoice, InvoiceStatus},
    values::{Amount, Money, Reason},
};
use journal::{Context, Decision};
use uuid::Uuid;

use super::{CancelInvoice, IssueCreditNote};
use crate::{Answer, Command, Rules, Target, invoices::drafted_invoice, stop::Stop};

/// Withdraws a bill: cancels it if nothing has been paid or written off, and otherwise credits the rest.
#[derive(Clone, Debug)]
pub struct WithdrawBill {
    /// The invoice.
    pub invoice_id: Uuid,
    /// The id of the credit note, if there is one.
    pub credit_note_id: Uuid,
    /// The reason.
    pub reason: Option<Reason>,
}

impl Command for WithdrawBill {
    const NAME: &'static str = "withdraw-bill";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let target = Target {
            id: self.invoice_id,
            expected_version: None,
        };
        let (invoice, drafted) = drafted_invoice(target, decision)?;
        let reason = self.reason.clone();
        if can_be_cancelled(invoice.state()) {
            return CancelInvoice { target, reason }.decide(rules, decision);
        }
        if let Some(amount) = standing(invoice.state()) {
            let credit = IssueCreditNote {
                target,
                credit_note_id: self.credit_note_id,
                amount,
                reason,
            };
            return credit.decide(rules, decision);
        }
        Ok(Answer::invoice(self.invoice_id, &invoice)?.about(drafted.patient_id, decision)?)
    }
}

fn can_be_cancelled(invoice: &Invoice) -> bool {
    let is_touched = !invoice.allocations().is_empty() || invoice.written_off_minor() > 0;
    match invoice.status() {
        Some(InvoiceStatus::Issued) => !is_touched,
        Some(InvoiceStatus::Draft) => true,
        Some(InvoiceStatus::Balanced | InvoiceStatus::Cancelled) | None => false,
    }
}

/// The amount that was charged, and neither credited nor written off. For a cancelled invoice there is none.
fn standing(invoice: &Invoice) -> Option<Amount> {
    if invoice.status() == Some(InvoiceStatus::Cancelled) {
        return None;
    }
    let uncredited = invoice.uncredited()?.total();
    let minor = i128::from(uncredited.minor()) - invoice.written_off_minor();
    let money = Money::new(i64::try_from(minor).ok()?, uncredited.currency());
    Amount::parse(money).ok()
}
