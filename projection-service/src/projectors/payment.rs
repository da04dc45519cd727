//! Folds payments, and attempts at them, into `payment`.

use domain::{
    account::{AccountEvent, Payment, PaymentState},
    values::PaymentReference,
};
use journal::{Context, JournalEvent};
use read_models::payment::PaymentRow;
use schemas::Event;
use uuid::Uuid;

use crate::projector::{Aggregates, FoldError, Projector, aggregate_id, version};

/// Folds payments into `payment`.
#[derive(Debug)]
pub struct PaymentProjector;

impl Projector for PaymentProjector {
    const NAME: &'static str = "payment";
    const CONTEXT: Context = Context::Billing;
    const AGGREGATES: Aggregates = Aggregates::OfType("account");
    const VERSION: u32 = 1;
    type Row = PaymentRow;

    fn key(event: &JournalEvent) -> Result<Option<Uuid>, FoldError> {
        let reference = match &event.event {
            Event::Account(account) => reference(account),
            Event::Patient(_)
            | Event::EmailClaim(_)
            | Event::Practitioner(_)
            | Event::Appointment(_)
            | Event::Day(_)
            | Event::Prescription(_)
            | Event::AppointmentPrescription(_)
            | Event::Invoice(_)
            | Event::IdempotencyKey(_) => None,
        };
        reference.map(|reference| key(event, reference)).transpose()
    }

    fn fold(row: Option<PaymentRow>, event: &JournalEvent) -> Result<PaymentRow, FoldError> {
        let Event::Account(account) = &event.event else {
            return Err(FoldError::Foreign);
        };
        let mut row = match account {
            AccountEvent::PaymentInitiated(payment) => of_payment(row, payment, PaymentState::Initiated, event)?,
            AccountEvent::PaymentReceived(received) => {
                of_payment(row, &received.payment, PaymentState::Captured, event)?
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
            | AccountEvent::Closed(_) => return Err(FoldError::Foreign),
        };
        row.updated_at = event.recorded.metadata.time;
        row.version = version(event);
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
fn key(event: &JournalEvent, reference: &PaymentReference) -> Result<Uuid, FoldError> {
    Ok(Uuid::new_v5(&aggregate_id(event)?, reference.as_str().as_bytes()))
}

fn of_payment(
    row: Option<PaymentRow>,
    payment: &Payment,
    state: PaymentState,
    event: &JournalEvent,
) -> Result<PaymentRow, FoldError> {
    let time = event.recorded.metadata.time;
    Ok(PaymentRow {
        id: key(event, &payment.reference)?,
        account_id: aggregate_id(event)?,
        invoice_id: payment.invoice_id,
        reference: payment.reference.as_str().to_owned(),
        minor: payment.amount.money().minor(),
        currency: payment.amount.money().currency().code().to_owned(),
        method: payment.method.code().to_owned(),
        status: state.code().to_owned(),
        refunded_minor: row.as_ref().map_or(0, |row| row.refunded_minor),
        attempted_at: row.map_or(time, |row| row.attempted_at),
        updated_at: time,
        version: version(event),
    })
}
