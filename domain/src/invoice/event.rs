//! Events of an invoice.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::InvoiceLine;
use crate::{
    Bare,
    aggregate::events,
    values::{Amount, Currency, PaymentReference, Reason, TaxedAmount},
};

events! {
    /// An event of an invoice.
    InvoiceEvent {
        /// The invoice was drafted.
        Drafted(InvoiceDrafted) = "invoice.drafted", version 1;
        /// A line was added.
        LineAdded(InvoiceLine) = "invoice.line-added", version 2;
        /// The invoice was issued and its tax computed.
        Issued(InvoiceIssued) = "invoice.issued", version 1;
        /// Money of a payment was allocated to the invoice.
        PaymentAllocated(PaymentAllocated) = "invoice.payment-allocated", version 1;
        /// Allocated money was released.
        PaymentReleased(PaymentReleased) = "invoice.payment-released", version 1;
        /// A part of the open amount was written off.
        WrittenOff(WrittenOff) = "invoice.written-off", version 1;
        /// A part of the charged amount was credited.
        CreditNoteIssued(CreditNote) = "invoice.credit-note-issued", version 1;
        /// Nothing remains to be paid.
        Balanced(Bare) = "invoice.balanced", version 1;
        /// The invoice has an open amount again.
        Reopened(Bare) = "invoice.reopened", version 1;
        /// The invoice was cancelled.
        Cancelled(InvoiceCancelled) = "invoice.cancelled", version 1;
    }
}

/// The body of `invoice.drafted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceDrafted {
    /// The patient who pays.
    pub patient_id: Uuid,
    /// The currency of every line.
    pub currency: Currency,
    /// The appointment that the invoice charges for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment_id: Option<Uuid>,
}

/// The body of `invoice.issued`. The amounts of the lines add up to the total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceIssued {
    /// The amount of each line.
    pub lines: Vec<IssuedLine>,
    /// The total.
    pub amount: TaxedAmount,
}

/// The amount of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuedLine {
    /// The line.
    pub line_id: Uuid,
    /// The line's net amount with its share of the tax.
    pub amount: TaxedAmount,
}

/// The body of `invoice.payment-allocated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentAllocated {
    /// The payment's reference.
    pub reference: PaymentReference,
    /// The allocated amount.
    pub amount: Amount,
    /// The movement that brought the money here: `None` for the payment's own allocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub movement_id: Option<Uuid>,
}

/// The body of `invoice.payment-released`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentReleased {
    /// The id of the refund or movement that took the money.
    pub movement_id: Uuid,
    /// The payment's reference.
    pub reference: PaymentReference,
    /// The released amount.
    pub amount: Amount,
}

/// The body of `invoice.written-off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenOff {
    /// The id of the account's adjustment.
    pub adjustment_id: Uuid,
    /// The amount.
    pub amount: Amount,
}

/// The body of `invoice.credit-note-issued`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditNote {
    /// The id of the credit note, unique within the invoice.
    pub credit_note_id: Uuid,
    /// The credited amount and its tax.
    pub amount: TaxedAmount,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// The body of `invoice.cancelled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceCancelled {
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}
