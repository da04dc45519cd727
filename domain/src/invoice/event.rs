//! What can have happened to an invoice.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::InvoiceLine;
use crate::{
    Bare,
    aggregate::events,
    values::{Amount, Currency, PaymentReference, Reason, TaxedAmount},
};

events! {
    /// What can have happened to an invoice.
    InvoiceEvent {
        /// It was begun.
        Drafted(InvoiceDrafted) = "invoice.drafted", version 1;
        /// A line was added.
        LineAdded(InvoiceLine) = "invoice.line-added", version 2;
        /// It was issued, and its tax computed.
        Issued(InvoiceIssued) = "invoice.issued", version 1;
        /// A payment was counted towards it.
        PaymentAllocated(PaymentAllocated) = "invoice.payment-allocated", version 1;
        /// Money of a payment counts towards it no longer.
        PaymentReleased(PaymentReleased) = "invoice.payment-released", version 1;
        /// Some of what was open was given up.
        WrittenOff(WrittenOff) = "invoice.written-off", version 1;
        /// Some of what was charged was taken back.
        CreditNoteIssued(CreditNote) = "invoice.credit-note-issued", version 1;
        /// Nothing is open any more.
        Balanced(Bare) = "invoice.balanced", version 1;
        /// Something is open again.
        Reopened(Bare) = "invoice.reopened", version 1;
        /// It was withdrawn.
        Cancelled(InvoiceCancelled) = "invoice.cancelled", version 1;
    }
}

/// The content of `invoice.drafted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceDrafted {
    /// Who is charged.
    pub patient_id: Uuid,
    /// The currency of every line.
    pub currency: Currency,
    /// The appointment that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment_id: Option<Uuid>,
}

/// The content of `invoice.issued`: what each line comes to, and all of them together. The lines add up to the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceIssued {
    /// What each line comes to.
    pub lines: Vec<IssuedLine>,
    /// What the invoice comes to.
    pub amount: TaxedAmount,
}

/// What one line comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuedLine {
    /// Which line.
    pub line_id: Uuid,
    /// What it comes to, with its share of the tax.
    pub amount: TaxedAmount,
}

/// The content of `invoice.payment-allocated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentAllocated {
    /// Which payment.
    pub reference: PaymentReference,
    /// How much of it.
    pub amount: Amount,
    /// The movement that brought it here, if it did not come with the payment itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub movement_id: Option<Uuid>,
}

/// The content of `invoice.payment-released`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentReleased {
    /// The refund or the movement that took it away.
    pub movement_id: Uuid,
    /// Which payment.
    pub reference: PaymentReference,
    /// How much of it.
    pub amount: Amount,
}

/// The content of `invoice.written-off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenOff {
    /// The adjustment of the account.
    pub adjustment_id: Uuid,
    /// How much.
    pub amount: Amount,
}

/// The content of `invoice.credit-note-issued`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditNote {
    /// What tells it from every other credit note of the invoice.
    pub credit_note_id: Uuid,
    /// How much is taken back, and how much tax with it.
    pub amount: TaxedAmount,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// The content of `invoice.cancelled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceCancelled {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}
