//! Folds the entries of all accounts into `ledger_posting`, one row per posting.

use domain::account::{Account, AccountEvent, Posted};
use log_reader::RecordedEvent;
use read_models::ledger::{LedgerEntryRow, PostingRow};
use uuid::Uuid;

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds the entries of all accounts into `ledger_posting`.
#[derive(Debug)]
pub(crate) struct LedgerProjector;

impl Projector for LedgerProjector {
    const NAME: &'static str = "ledger_posting";
    const VERSION: u32 = 2;
    type Aggregate = Account;
    type Row = LedgerEntryRow;

    /// An event that posts an entry has its own row.
    fn key(recorded: &RecordedEvent, account: &AccountEvent) -> Result<Option<Uuid>, FoldError> {
        Ok(account.posted().map(|_| recorded.id))
    }

    fn fold(
        _row: Option<LedgerEntryRow>,
        recorded: &RecordedEvent,
        account: &AccountEvent,
    ) -> Result<LedgerEntryRow, FoldError> {
        let Posted {
            kind,
            entry,
            invoice_id,
            charge_id,
            reference,
            reason,
        } = account.posted().ok_or(FoldError::MissingRow)?;
        let (account_id, version) = (aggregate_id(recorded)?, version(recorded));
        let postings = (0..).zip(entry.postings()).map(|(line, posting)| PostingRow {
            entry_id: recorded.id,
            line,
            account_id,
            kind: kind.to_owned(),
            ledger_account: posting.account.code().to_owned(),
            minor: posting.amount.minor(),
            currency: posting.amount.currency().code().to_owned(),
            invoice_id,
            charge_id,
            reference: reference.map(|reference| reference.as_str().to_owned()),
            reason: reason.map(str::to_owned),
            posted_at: recorded.metadata.time,
            version,
        });
        Ok(LedgerEntryRow {
            id: recorded.id,
            postings: postings.collect(),
        })
    }
}
