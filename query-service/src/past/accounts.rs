//! Past states of accounts, with the postings up to that moment.

use api::{AccountResource, PaymentResource, PostingResource};
use domain::account::{Account, AccountEvent};
use log_reader::{Moment, RecordedEvent};
use serde::Serialize;
use uuid::Uuid;

use super::{PastError, ScopedReader, Seen, scoped::Opened};

/// A past state of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PastAccount {
    /// The account's state.
    #[serde(flatten)]
    pub(crate) account: AccountResource,
    /// The payment that was pending at that moment, if any.
    pub(crate) pending_payment: Option<PaymentResource>,
    /// Postings, latest first.
    pub(crate) postings: Vec<PostingResource>,
}

/// A past state of an account.
///
/// # Errors
/// The account did not exist at that moment, or the log cannot be read.
pub(crate) async fn account(
    reader: ScopedReader<Account>,
    id: Uuid,
    moment: Moment,
) -> Result<Seen<PastAccount>, PastError> {
    let Opened { history, .. } = reader.open(id).await?;
    let past = history.at(moment).ok_or(PastError::NotThen)?;
    let pending = past.state.pending_payment();
    let posted = history.until(past.version).rev();
    Ok(Seen {
        version: past.version,
        resource: PastAccount {
            account: AccountResource::new(id, past.version, &past.state),
            pending_payment: pending.and_then(|payment| PaymentResource::of(id, &past.state, &payment.reference)),
            postings: posted.flat_map(|(recorded, event)| postings(recorded, event)).collect(),
        },
    })
}

/// The postings of an event, in the order of its entry.
fn postings(recorded: &RecordedEvent, event: &AccountEvent) -> Vec<PostingResource> {
    let Some(posted) = event.posted() else {
        return Vec::new();
    };
    let posting = |posting: &domain::account::Posting| PostingResource {
        entry_id: recorded.id,
        kind: posted.kind.to_owned(),
        account: posting.account.code().to_owned(),
        amount: posting.amount.into(),
        invoice_id: posted.invoice_id,
        charge_id: posted.charge_id,
        reference: posted.reference.map(|reference| reference.as_str().to_owned()),
        reason: posted.reason.map(str::to_owned),
        posted_at: recorded.metadata.time,
    };
    posted.entry.postings().iter().map(posting).collect()
}
