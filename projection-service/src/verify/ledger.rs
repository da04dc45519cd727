//! Verifies the ledger in the log: every entry sums to zero in each of its currencies, and so does the whole ledger.

use std::collections::BTreeMap;

use domain::account::{AccountEvent, Entry};
use events::Event;
use log_reader::{Context, Reader};

use super::{Tell, VerifyError};
use crate::batch::Batch;

const BATCH_EVENTS: usize = 1_000;
/// The maximum number of unbalanced entries that are listed; all are counted.
const MOST_TOLD: usize = 100;

/// The result of verifying the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The number of entries.
    pub entries: u64,
    /// The sums by currency.
    pub sums: BTreeMap<&'static str, LedgerSum>,
    /// The number of unbalanced entries.
    pub unbalanced: u64,
    /// The positions of the first unbalanced entries.
    pub first: Vec<u64>,
    /// The number of unreadable account events.
    pub unreadable: u64,
}

/// The sum of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerSum {
    /// The number of postings.
    pub postings: u64,
    /// Their sum in minor units.
    pub minor: i128,
}

impl Ledger {
    /// Whether everything sums to zero and all events are readable.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.unbalanced == 0 && self.unreadable == 0 && self.sums.values().all(|sum| sum.minor == 0)
    }

    fn add(&mut self, position: u64, entry: &Entry) {
        self.entries += 1;
        let mut of_entry: BTreeMap<&'static str, i128> = BTreeMap::new();
        for posting in entry.postings() {
            let (currency, minor) = (posting.amount.currency().code(), i128::from(posting.amount.minor()));
            let sum = self.sums.entry(currency).or_default();
            sum.postings += 1;
            sum.minor += minor;
            *of_entry.entry(currency).or_default() += minor;
        }
        if of_entry.values().any(|sum| *sum != 0) {
            self.unbalanced += 1;
            if self.first.len() < MOST_TOLD {
                self.first.push(position);
            }
        }
    }
}

/// Sums up all postings of the log.
///
/// # Errors
/// The log cannot be followed.
pub async fn verify_ledger(journal: &Reader, tell: Tell<'_>) -> Result<Ledger, VerifyError> {
    let end = journal.status(Context::Billing).await?.last_position;
    let mut follower = journal.follow(Context::Billing, 0).of_types(&["account"]);
    let (mut ledger, mut position) = (Ledger::default(), 0);
    while position < end {
        let batch = Batch::fetch(journal, &mut follower, BATCH_EVENTS).await?;
        position = batch.to;
        for event in &batch.concerning {
            match event {
                Ok(event) => {
                    if let Some(entry) = entry(&event.event) {
                        ledger.add(event.recorded.position, entry);
                    }
                }
                Err(_) => ledger.unreadable += 1,
            }
        }
        tell(Context::Billing.name(), position.min(end), end);
    }
    Ok(ledger)
}

/// The entry that an event posts, if any.
const fn entry(event: &Event) -> Option<&Entry> {
    let Event::Account(event) = event else { return None };
    match event {
        AccountEvent::ChargePosted(posted) => Some(&posted.entry),
        AccountEvent::PaymentReceived(received) => Some(&received.entry),
        AccountEvent::PaymentRefunded(refunded) => Some(&refunded.entry),
        AccountEvent::AdjustmentPosted(posted) => Some(&posted.entry),
        AccountEvent::Opened(_)
        | AccountEvent::PaymentInitiated(_)
        | AccountEvent::PaymentFailed(_)
        | AccountEvent::PaymentMoved(_)
        | AccountEvent::Closed(_) => None,
    }
}
