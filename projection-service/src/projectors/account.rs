//! Folds accounts into `account`.

use domain::account::{Account, AccountEvent, AccountStatus, Entry};
use log_reader::RecordedEvent;
use read_models::account::{AccountRow, BalanceValue};

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds accounts into `account`.
#[derive(Debug)]
pub(crate) struct AccountProjector;

impl Projector for AccountProjector {
    const NAME: &'static str = "account";
    const VERSION: u32 = 1;
    type Aggregate = Account;
    type Row = AccountRow;

    fn fold(
        row: Option<AccountRow>,
        recorded: &RecordedEvent,
        account: &AccountEvent,
    ) -> Result<AccountRow, FoldError> {
        let time = recorded.metadata.time;
        let mut row = match (account, row) {
            (AccountEvent::Opened(_), _) => AccountRow {
                id: aggregate_id(recorded)?,
                status: AccountStatus::Open.code().to_owned(),
                balances: Vec::new(),
                opened_at: time,
                updated_at: time,
                version: 0,
            },
            (_, row) => row.ok_or(FoldError::MissingRow)?,
        };
        match account {
            AccountEvent::ChargePosted(posted) => post(&mut row, &posted.entry)?,
            AccountEvent::PaymentReceived(received) => post(&mut row, &received.entry)?,
            AccountEvent::PaymentRefunded(refunded) => post(&mut row, &refunded.entry)?,
            AccountEvent::AdjustmentPosted(posted) => post(&mut row, &posted.entry)?,
            AccountEvent::Closed(_) => row.status = AccountStatus::Closed.code().to_owned(),
            AccountEvent::Opened(_)
            | AccountEvent::PaymentInitiated(_)
            | AccountEvent::PaymentFailed(_)
            | AccountEvent::PaymentMoved(_) => {}
        }
        row.updated_at = time;
        row.version = version(recorded);
        Ok(row)
    }
}

/// Adds an entry to the balances.
fn post(row: &mut AccountRow, entry: &Entry) -> Result<(), FoldError> {
    for posting in entry.postings() {
        let (account, currency) = (posting.account.code(), posting.amount.currency().code());
        let minor = posting.amount.minor();
        let mut balances = row.balances.iter_mut();
        match balances.find(|balance| balance.account == account && balance.currency == currency) {
            Some(balance) => balance.minor = balance.minor.checked_add(minor).ok_or(FoldError::TooLarge)?,
            None => row.balances.push(BalanceValue {
                account: account.to_owned(),
                currency: currency.to_owned(),
                minor,
            }),
        }
    }
    Ok(())
}
