//! Holding the ledger against its own rule, from the log itself: every entry sums to zero in each of its currencies, and
//! so does everything together.

use std::collections::BTreeMap;

use domain::account::{AccountEvent, Entry};
use events::Event;
use log_reader::{Context, Reader};

use super::{Tell, VerifyError};
use crate::batch::Batch;

const BATCH_EVENTS: usize = 1_000;
/// So many entries that do not sum to zero are told; the others are counted.
const MOST_TOLD: usize = 100;

/// What was found of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// How many entries there are.
    pub entries: u64,
    /// The sums, by currency.
    pub sums: BTreeMap<&'static str, LedgerSum>,
    /// How many entries do not sum to zero.
    pub unbalanced: u64,
    /// The positions of the first of them.
    pub first: Vec<u64>,
    /// How many events of accounts cannot be read.
    pub unreadable: u64,
}

/// The sums of one currency, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerSum {
    /// How many postings there are.
    pub postings: u64,
    /// What they sum to.
    pub minor: i128,
}

impl Ledger {
    /// Whether all is as it must be.
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

/// Adds up every posting of the log.
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

/// What an event posts.
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
