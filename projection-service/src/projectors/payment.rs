//! Folds payments, and attempts at them, into `payment`.

use domain::{
    account::{Account, AccountEvent, Payment, PaymentState},
    values::PaymentReference,
};
use log_reader::RecordedEvent;
use read_models::payment::PaymentRow;
use uuid::Uuid;

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds payments into `payment`.
#[derive(Debug)]
pub(crate) struct PaymentProjector;

impl Projector for PaymentProjector {
    const NAME: &'static str = "payment";
    const VERSION: u32 = 1;
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
                of_payment(row, &received.payment, PaymentState::Captured, recorded)?
            }
            AccountEvent::PaymentFailed(_) => PaymentRow {
                status: PaymentState::Failed.code().to_owned(),
                ..row.ok_or(FoldError::MissingRow)?
            },
            AccountEvent::PaymentRefunded(refunded) => {
                let row = row.ok_or(FoldError::MissingRow)?;
                let minor = refunded.refund.amount.money().minor();
                PaymentRow {
                    refunded_minor: row.refunded_minor.checked_add(minor).ok_or(FoldError::TooLarge)?,
                    ..row
                }
            }
            AccountEvent::Opened(_)
            | AccountEvent::ChargePosted(_)
            | AccountEvent::AdjustmentPosted(_)
            | AccountEvent::Closed(_) => row.ok_or(FoldError::MissingRow)?,
        };
        row.updated_at = recorded.metadata.time;
        row.version = version(recorded);
        Ok(row)
    }
}

/// The payment that an event is about, if it is about one.
const fn reference(event: &AccountEvent) -> Option<&PaymentReference> {
    match event {
        AccountEvent::PaymentInitiated(payment) => Some(&payment.reference),
        AccountEvent::PaymentReceived(received) => Some(&received.payment.reference),
        AccountEvent::PaymentFailed(failed) => Some(&failed.reference),
        AccountEvent::PaymentRefunded(refunded) => Some(&refunded.refund.reference),
        AccountEvent::Opened(_)
        | AccountEvent::ChargePosted(_)
        | AccountEvent::AdjustmentPosted(_)
        | AccountEvent::Closed(_) => None,
    }
}

/// A payment's key: a reference is unique within its account only.
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
        attempted_at: row.map_or(time, |row| row.attempted_at),
        updated_at: time,
        version: version(recorded),
    })
}
