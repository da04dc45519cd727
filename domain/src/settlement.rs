//! Keeps the amount owed for an invoice equal in the invoice and in the account. Each account entry that settles an
//! invoice leads to a command on that invoice in the same decision. This module alone maps entries to commands.

use uuid::Uuid;

use crate::{
    account::{Account, AccountEvent, AdjustmentKind, Item},
    invoice::{InvoiceCommand, PaymentReleased, WrittenOff},
    values::{Amount, PaymentReference},
};

/// The invoice commands that follow from an account event. Charges and credit notes go the other way: the invoice asks
/// the account for them. `account` must already include the event.
#[must_use]
pub fn asked_of_invoices(account: &Account, event: &AccountEvent) -> Vec<(Uuid, InvoiceCommand)> {
    let on_invoice = |item: Item| match item {
        Item::Invoice(id) => Some(id),
        Item::Charge(_) => None,
    };
    match event {
        AccountEvent::PaymentReceived(received) => {
            let parts = received.allocations.iter();
            let parts = parts.filter_map(|part| Some((on_invoice(part.item)?, part.amount)));
            let asked =
                parts.filter_map(|(id, amount)| allocate(account, &received.payment.reference, id, amount, None));
            asked.collect()
        }
        AccountEvent::PaymentRefunded(refunded) => {
            let parts = refunded.released.iter();
            let parts = parts.filter_map(|part| Some((on_invoice(part.item)?, part.amount)));
            let (refund_id, reference) = (refunded.refund.refund_id, &refunded.refund.reference);
            parts
                .map(|(id, amount)| (id, release(reference, refund_id, amount)))
                .collect()
        }
        AccountEvent::PaymentMoved(moved) => {
            let (movement_id, reference, amount) = (moved.movement_id, &moved.reference, moved.amount);
            let from = moved.from.and_then(on_invoice);
            let to = moved.to.and_then(on_invoice);
            let released = from.map(|id| (id, release(reference, movement_id, amount)));
            let allocated = to.and_then(|id| allocate(account, reference, id, amount, Some(movement_id)));
            released.into_iter().chain(allocated).collect()
        }
        AccountEvent::AdjustmentPosted(posted) => match posted.adjustment.kind {
            AdjustmentKind::CreditNote => Vec::new(),
            AdjustmentKind::WriteOff => {
                let adjustment_id = posted.adjustment.adjustment_id;
                let parts = account.lowered(posted).into_iter();
                let parts = parts.filter_map(|part| Some((on_invoice(part.item)?, part.amount)));
                parts
                    .map(|(id, amount)| {
                        let written_off = WrittenOff { adjustment_id, amount };
                        (id, InvoiceCommand::WriteOff(written_off))
                    })
                    .collect()
            }
        },
        AccountEvent::Opened(_)
        | AccountEvent::ChargePosted(_)
        | AccountEvent::PaymentInitiated(_)
        | AccountEvent::PaymentFailed(_)
        | AccountEvent::Closed(_) => Vec::new(),
    }
}

/// Asks an invoice to allocate a received payment.
fn allocate(
    account: &Account,
    reference: &PaymentReference,
    invoice_id: Uuid,
    amount: Amount,
    movement_id: Option<Uuid>,
) -> Option<(Uuid, InvoiceCommand)> {
    let payment = account.captured(reference, invoice_id).ok()?;
    let allocate = InvoiceCommand::AllocatePayment {
        payment,
        amount,
        movement_id,
    };
    Some((invoice_id, allocate))
}

fn release(reference: &PaymentReference, movement_id: Uuid, amount: Amount) -> InvoiceCommand {
    InvoiceCommand::ReleasePayment(PaymentReleased {
        movement_id,
        reference: reference.clone(),
        amount,
    })
}
