//! Folds the entries of all accounts into `ledger_posting`, one row a posting.

use domain::account::{AccountEvent, Posted};
use journal::{Context, JournalEvent};
use read_models::ledger::{LedgerEntryRow, PostingValue};
use schemas::Event;
use uuid::Uuid;

use crate::projector::{Aggregates, FoldError, Projector, aggregate_id, version};

/// Folds the entries of all accounts into `ledger_posting`.
#[derive(Debug)]
pub struct LedgerProjector;

impl Projector for LedgerProjector {
    const NAME: &'static str = "ledger_posting";
    const CONTEXT: Context = Context::Billing;
    const AGGREGATES: Aggregates = Aggregates::OfType("account");
    const VERSION: u32 = 1;
    type Row = LedgerEntryRow;

    fn key(event: &JournalEvent) -> Result<Option<Uuid>, FoldError> {
        match &event.event {
            Event::Account(
                AccountEvent::ChargePosted(_)
                | AccountEvent::PaymentReceived(_)
                | AccountEvent::PaymentRefunded(_)
                | AccountEvent::AdjustmentPosted(_),
            ) => Ok(Some(event.recorded.id)),
            Event::Account(
                AccountEvent::Opened(_)
                | AccountEvent::PaymentInitiated(_)
                | AccountEvent::PaymentFailed(_)
                | AccountEvent::Closed(_),
            )
            | Event::Patient(_)
            | Event::EmailClaim(_)
            | Event::Practitioner(_)
            | Event::Appointment(_)
            | Event::Day(_)
            | Event::Prescription(_)
            | Event::AppointmentPrescription(_)
            | Event::Invoice(_)
            | Event::IdempotencyKey(_) => Ok(None),
        }
    }

    fn fold(_row: Option<LedgerEntryRow>, event: &JournalEvent) -> Result<LedgerEntryRow, FoldError> {
        let Event::Account(account) = &event.event else {
            return Err(FoldError::Foreign);
        };
        let Posted {
            kind,
            entry,
            invoice_id,
            reference,
            reason,
        } = account.posted().ok_or(FoldError::Foreign)?;
        let postings = entry.postings().iter().map(|posting| PostingValue {
            account: posting.account.code().to_owned(),
            minor: posting.amount.minor(),
            currency: posting.amount.currency().code().to_owned(),
        });
        Ok(LedgerEntryRow {
            id: event.recorded.id,
            account_id: aggregate_id(event)?,
            kind: kind.to_owned(),
            invoice_id,
            reference: reference.map(|reference| reference.as_str().to_owned()),
            reason: reason.map(str::to_owned),
            posted_at: event.recorded.metadata.time,
            version: version(event),
            postings: postings.collect(),
        })
    }
}
