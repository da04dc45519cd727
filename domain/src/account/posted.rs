//! What an event posted to the ledger, whichever kind of event it is.

use uuid::Uuid;

use super::{AccountEvent, AdjustmentKind, Entry, Item};
use crate::values::PaymentReference;

/// What an event posted to the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Posted<'a> {
    /// What the entry records: `charge`, `payment`, `refund`, `credit-note` or `write-off`.
    pub kind: &'static str,
    /// The entry.
    pub entry: &'a Entry,
    /// The invoice that it belongs to.
    pub invoice_id: Option<Uuid>,
    /// The charge that it posts, if that stands on no invoice.
    pub charge_id: Option<Uuid>,
    /// The payment that it belongs to.
    pub reference: Option<&'a PaymentReference>,
    /// Why it was posted, where somebody said so.
    pub reason: Option<&'a str>,
}

impl AccountEvent {
    /// What the event posted; nothing for one that posts nothing.
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
