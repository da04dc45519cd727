//! Commands of an invoice and its refusals.

use uuid::Uuid;

use super::{InvoiceDrafted, InvoiceLine, InvoiceStatus, PaymentReleased, WrittenOff};
use crate::{
    account::CapturedPayment,
    values::{Amount, Reason},
};

/// A command on an invoice. A repeated command never takes effect twice.
#[derive(Clone, Debug)]
pub enum InvoiceCommand {
    /// Create a draft.
    Draft(InvoiceDrafted),
    /// Add a line to a draft.
    AddLine(InvoiceLine),
    /// Issue the invoice, which makes it immutable.
    Issue,
    /// Allocate a received payment to the open amount.
    AllocatePayment {
        /// Proof that the payment was received for this invoice.
        payment: CapturedPayment,
        /// The part of the payment to allocate.
        amount: Amount,
        /// The movement that brings the money here after its receipt: `None` for the payment's own allocation.
        movement_id: Option<Uuid>,
    },
    /// Release allocated money because of a refund or a movement.
    ReleasePayment(PaymentReleased),
    /// Write off a part of the open amount.
    WriteOff(WrittenOff),
    /// Credit a part of the charged amount.
    IssueCreditNote {
        /// The id of the credit note, unique within the invoice.
        credit_note_id: Uuid,
        /// The amount including tax.
        amount: Amount,
        /// The reason.
        reason: Option<Reason>,
    },
    /// Cancel the whole invoice.
    Cancel {
        /// The reason.
        reason: Option<Reason>,
    },
}

/// The reason an invoice refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceRefusal {
    /// No invoice with this id exists.
    #[error("no invoice has this id")]
    Unknown,
    /// The id is already in use.
    #[error("the invoice has already been drafted")]
    AlreadyDrafted,
    /// The status does not allow the command.
    #[error("the invoice is {}", .0.code())]
    InStatus(InvoiceStatus),
    /// The appointment belongs to another patient.
    #[error("the appointment is another patient's")]
    AnotherPatientsAppointment,
    /// The draft has no lines.
    #[error("an invoice needs at least one line")]
    NoLines,
    /// The invoice has reached [`Invoice::MOST_LINES`](super::Invoice::MOST_LINES).
    #[error("an invoice must have at most 200 lines")]
    TooManyLines,
    /// The id belongs to a different line, credit note or entry.
    #[error("the id belongs to another part of the invoice")]
    IdUsed,
    /// The payment is already allocated with another amount.
    #[error("the payment is already allocated with another amount")]
    ReferenceUsed,
    /// The amount is in another currency than the invoice.
    #[error("the amount must be in the currency of the invoice")]
    AnotherCurrency,
    /// The total is too large.
    #[error("the invoice total is too large")]
    TooLarge,
    /// The allocation exceeds the payment.
    #[error("the allocation exceeds the payment")]
    ExceedsPayment,
    /// The allocation or write-off exceeds the open amount.
    #[error("the amount exceeds the open amount of the invoice")]
    ExceedsOpen,
    /// The credit exceeds the charged amount.
    #[error("the credit exceeds the charged amount")]
    ExceedsCharged,
    /// The invoice has reached [`Invoice::MOST_CREDIT_NOTES`](super::Invoice::MOST_CREDIT_NOTES).
    #[error("an invoice has at most 200 credit notes")]
    TooManyCreditNotes,
    /// The net amount is zero.
    #[error("an invoice with a total of zero cannot be issued")]
    ComesToNothing,
    /// The amount exceeds the allocated part of the payment.
    #[error("the amount exceeds the part of the payment allocated to the invoice")]
    ExceedsAllocated,
    /// The invoice is already cancelled, for another reason. The new reason would be lost.
    #[error("the invoice is already cancelled, for another reason")]
    AnotherReason,
    /// Part of the invoice has been paid or written off.
    #[error("a partly paid or written-off invoice cannot be cancelled")]
    PaymentsAllocated,
}
