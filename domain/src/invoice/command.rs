//! What can be asked of an invoice, and why it turns a command down.

use uuid::Uuid;

use super::{InvoiceDrafted, InvoiceLine, InvoiceStatus, PaymentReleased, WrittenOff};
use crate::{
    account::CapturedPayment,
    values::{Amount, Reason},
};

/// What can be asked of an invoice. Each of them can be asked again: what has been carried out is not carried out twice.
#[derive(Clone, Debug)]
pub enum InvoiceCommand {
    /// Begin it.
    Draft(InvoiceDrafted),
    /// Add a line to a draft.
    AddLine(InvoiceLine),
    /// Issue it: from now on it does not change.
    Issue,
    /// Count a payment that was received towards what is open.
    AllocatePayment {
        /// Proof that the payment was received, for this invoice.
        payment: CapturedPayment,
        /// How much of it.
        amount: Amount,
        /// What tells it from every other movement of the account, if the money is moved here after it was received.
        movement_id: Option<Uuid>,
    },
    /// Count money of a payment no longer: it was given back, or moved elsewhere.
    ReleasePayment(PaymentReleased),
    /// Give up some of what is open.
    WriteOff(WrittenOff),
    /// Take back some of what was charged.
    IssueCreditNote {
        /// What tells it from every other credit note of the invoice.
        credit_note_id: Uuid,
        /// How much, tax included.
        amount: Amount,
        /// Why.
        reason: Option<Reason>,
    },
    /// Withdraw it as a whole.
    Cancel {
        /// Why.
        reason: Option<Reason>,
    },
}

/// Why an invoice turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvoiceRefusal {
    /// There is no such invoice.
    #[error("no invoice has this id")]
    Unknown,
    /// The id is taken.
    #[error("the invoice has already been drafted")]
    AlreadyDrafted,
    /// Where it stands does not allow it.
    #[error("the invoice is {}", .0.code())]
    InStatus(InvoiceStatus),
    /// It is for another patient's appointment.
    #[error("the appointment is another patient's")]
    AnotherPatientsAppointment,
    /// There is nothing on it.
    #[error("an invoice needs at least one line")]
    NoLines,
    /// It is full.
    #[error("an invoice must have at most 200 lines")]
    TooManyLines,
    /// A line or credit note of this id was another one.
    #[error("the id belongs to another part of the invoice")]
    IdUsed,
    /// The payment has been allocated, and not with this amount.
    #[error("another amount of the payment has been allocated")]
    ReferenceUsed,
    /// An invoice is in one currency.
    #[error("the amount must be in the currency of the invoice")]
    AnotherCurrency,
    /// It comes to more than can be charged.
    #[error("the invoice comes to too much")]
    TooLarge,
    /// More would be allocated than was paid.
    #[error("more than the payment cannot be allocated")]
    ExceedsPayment,
    /// More would be allocated than is open.
    #[error("more than what is open cannot be allocated")]
    ExceedsOpen,
    /// More would be credited than was charged.
    #[error("more than what was charged cannot be credited")]
    ExceedsCharged,
    /// It has been credited too often.
    #[error("an invoice has at most 200 credit notes")]
    TooManyCreditNotes,
    /// It comes to nothing.
    #[error("an invoice that comes to nothing cannot be issued")]
    ComesToNothing,
    /// More would be taken back than counts towards it.
    #[error("so much of the payment does not count towards the invoice")]
    ExceedsAllocated,
    /// It has been paid or written off, at least in part.
    #[error("an invoice that has been paid or written off in part cannot be cancelled")]
    PaymentsAllocated,
}
