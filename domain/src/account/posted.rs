//! The ledger postings of any account event.

use uuid::Uuid;

use super::{AccountEvent, AdjustmentKind, Entry, Item};
use crate::values::PaymentReference;

/// The ledger posting of an event.
#[derive(Clone, Copy, Debug)]
pub struct Posted<'a> {
    /// The kind of entry: `charge`, `payment`, `refund`, `credit-note` or `write-off`.
    pub kind: &'static str,
    /// The entry.
    pub entry: &'a Entry,
    /// The entry's invoice, if it has one.
    pub invoice_id: Option<Uuid>,
    /// The posted charge, if it has no invoice.
    pub charge_id: Option<Uuid>,
    /// The payment's reference, for a payment or refund.
    pub reference: Option<&'a PaymentReference>,
    /// The reason, if one was given.
    pub reason: Option<&'a str>,
}

impl AccountEvent {
    /// The posting of this event, if it has one.
    #[must_use]
    pub fn posted(&self) -> Option<Posted<'_>> {
        let posted = match self {
            Self::ChargePosted(posted) => Posted {
                kind: "charge",
                entry: &posted.entry,
                invoice_id: posted.charge.invoice_id,
                charge_id: match posted.charge.item() {
                    Item::Charge(id) => Some(id),
                    Item::Invoice(_) => None,
                },
                reference: None,
                reason: None,
            },
            Self::PaymentReceived(received) => Posted {
                kind: "payment",
                entry: &received.entry,
                invoice_id: received.payment.invoice_id,
                charge_id: None,
                reference: Some(&received.payment.reference),
                reason: None,
            },
            Self::PaymentRefunded(refunded) => Posted {
                kind: "refund",
                entry: &refunded.entry,
                invoice_id: refunded.refund.invoice_id,
                charge_id: None,
                reference: Some(&refunded.refund.reference),
                reason: None,
            },
            Self::AdjustmentPosted(posted) => Posted {
                kind: match posted.adjustment.kind {
                    AdjustmentKind::CreditNote => "credit-note",
                    AdjustmentKind::WriteOff => "write-off",
                },
                entry: &posted.entry,
                invoice_id: posted.adjustment.invoice_id,
                charge_id: None,
                reference: None,
                reason: posted.adjustment.reason.as_ref().map(|reason| reason.as_str()),
            },
            Self::Opened(_)
            | Self::PaymentInitiated(_)
            | Self::PaymentFailed(_)
            | Self::PaymentMoved(_)
            | Self::Closed(_) => return None,
        };
        Some(posted)
    }
}
