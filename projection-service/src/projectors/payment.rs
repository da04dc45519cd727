//! Folds payments and payment attempts into `payment`.

use domain::{
    account::{Account, AccountEvent, Item, Payment, PaymentRefunded, PaymentState},
    values::PaymentReference,
};
use log_reader::RecordedEvent;
use read_models::payment::{PaymentPartValue, PaymentRow};
use uuid::Uuid;

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds payments into `payment`.
#[derive(Debug)]
pub(crate) struct PaymentProjector;

impl Projector for PaymentProjector {
    const NAME: &'static str = "payment";
    const VERSION: u32 = 2;
    type Aggregate = Account;
    type Row = PaymentRow;

    fn key(recorded: &RecordedEvent, account: &AccountEvent) -> Result<Option<Uuid>, FoldError> {
        reference(account).map(|reference| key(recorded, reference)).transpose()
    }

    fn fold(
        row: Option<PaymentRow>,
        recorded: &RecordedEvent,
        account: &AccountEvent,
    ) -> Result<PaymentRow, FoldError> {
        let mut row = match account {
            AccountEvent::PaymentInitiated(payment) => of_payment(row, payment, PaymentState::Initiated, recorded)?,
            AccountEvent::PaymentReceived(received) => {
                let mut row = of_payment(row, &received.payment, PaymentState::Captured, recorded)?;
                for part in received.allocations.iter() {
                    count(&mut row, part.item, part.amount.money().minor())?;
                }
                row
            }
            AccountEvent::PaymentFailed(_) => PaymentRow {
                status: PaymentState::Failed.code().to_owned(),
                ..row.ok_or(FoldError::MissingRow)?
            },
            AccountEvent::PaymentRefunded(refunded) => refund(row.ok_or(FoldError::MissingRow)?, refunded)?,
            AccountEvent::PaymentMoved(moved) => {
                let (mut row, minor) = (row.ok_or(FoldError::MissingRow)?, moved.amount.money().minor());
                if let Some(from) = moved.from {
                    count(&mut row, from, -minor)?;
                }
                if let Some(to) = moved.to {
                    count(&mut row, to, minor)?;
                }
                row
            }
            AccountEvent::Opened(_)
            | AccountEvent::ChargePosted(_)
            | AccountEvent::AdjustmentPosted(_)
            | AccountEvent::Closed(_) => row.ok_or(FoldError::MissingRow)?,
        };
        row.unallocated_minor = unallocated(&row).ok_or(FoldError::TooLarge)?;
        row.updated_at = recorded.metadata.time;
        row.version = version(recorded);
        Ok(row)
    }
}

/// The payment that an event concerns, if any.
const fn reference(event: &AccountEvent) -> Option<&PaymentReference> {
    match event {
        AccountEvent::PaymentInitiated(payment) => Some(&payment.reference),
        AccountEvent::PaymentReceived(received) => Some(&received.payment.reference),
        AccountEvent::PaymentFailed(failed) => Some(&failed.reference),
        AccountEvent::PaymentRefunded(refunded) => Some(&refunded.refund.reference),
        AccountEvent::PaymentMoved(moved) => Some(&moved.reference),
        AccountEvent::Opened(_)
        | AccountEvent::ChargePosted(_)
        | AccountEvent::AdjustmentPosted(_)
        | AccountEvent::Closed(_) => None,
    }
}

/// A payment's key. It includes the account, because a reference is only unique within its account.
fn key(recorded: &RecordedEvent, reference: &PaymentReference) -> Result<Uuid, FoldError> {
    Ok(Uuid::new_v5(&aggregate_id(recorded)?, reference.as_str().as_bytes()))
}

fn of_payment(
    row: Option<PaymentRow>,
    payment: &Payment,
    state: PaymentState,
    recorded: &RecordedEvent,
) -> Result<PaymentRow, FoldError> {
    let time = recorded.metadata.time;
    Ok(PaymentRow {
        id: key(recorded, &payment.reference)?,
        account_id: aggregate_id(recorded)?,
        invoice_id: payment.invoice_id,
        reference: payment.reference.as_str().to_owned(),
        minor: payment.amount.money().minor(),
        currency: payment.amount.money().currency().code().to_owned(),
        method: payment.method.code().to_owned(),
        status: state.code().to_owned(),
        refunded_minor: row.as_ref().map_or(0, |row| row.refunded_minor),
        allocations: Vec::new(),
        unallocated_minor: 0,
        attempted_at: row.map_or(time, |row| row.attempted_at),
        updated_at: time,
        version: version(recorded),
    })
}

/// Allocates money of the payment to an item. A negative amount is deallocated.
fn count(row: &mut PaymentRow, item: Item, minor: i64) -> Result<(), FoldError> {
    let (invoice_id, charge_id) = match item {
        Item::Invoice(id) => (Some(id), None),
        Item::Charge(id) => (None, Some(id)),
    };
    let mut parts = row.allocations.iter_mut();
    match parts.find(|part| part.invoice_id == invoice_id && part.charge_id == charge_id) {
        Some(part) => part.minor = part.minor.checked_add(minor).ok_or(FoldError::TooLarge)?,
        None => row.allocations.push(PaymentPartValue {
            invoice_id,
            charge_id,
            minor,
        }),
    }
    row.allocations.retain(|part| part.minor > 0);
    Ok(())
}

/// Deallocates what a refund names. Older events name nothing: the refund then takes the unallocated money first, and
/// then the allocations.
fn refund(mut row: PaymentRow, refunded: &PaymentRefunded) -> Result<PaymentRow, FoldError> {
    let minor = refunded.refund.amount.money().minor();
    let mut left = minor - minor.min(row.unallocated_minor);
    row.refunded_minor = row.refunded_minor.checked_add(minor).ok_or(FoldError::TooLarge)?;
    for part in refunded.released.iter() {
        let minor = part.amount.money().minor();
        count(&mut row, part.item, -minor)?;
        left -= minor;
    }
    for part in row.allocations.iter_mut().rev() {
        let taken = part.minor.min(left.max(0));
        part.minor -= taken;
        left -= taken;
    }
    row.allocations.retain(|part| part.minor > 0);
    Ok(row)
}

/// The captured money that is neither refunded nor allocated.
fn unallocated(row: &PaymentRow) -> Option<i64> {
    if row.status != PaymentState::Captured.code() {
        return Some(0);
    }
    let counted = row
        .allocations
        .iter()
        .try_fold(0_i64, |sum, part| sum.checked_add(part.minor))?;
    row.minor.checked_sub(row.refunded_minor)?.checked_sub(counted)
}
