//! Double-entry bookkeeping: the postings of an entry sum to zero in every currency.

use serde::{Deserialize, Serialize};

use crate::values::{Amount, Currency, Money, MoneyError, TaxedAmount, codes::codes};

codes! {
    /// An account of the ledger.
    LedgerAccount {
        /// The patient's debt. A negative balance is the clinic's debt to the patient.
        Receivable = "receivable";
        /// Earned revenue.
        Revenue = "revenue";
        /// Tax charged on behalf of the state.
        TaxPayable = "tax-payable";
        /// Received money.
        Cash = "cash";
        /// Revenue that will not be collected.
        WriteOffs = "write-offs";
    }
}

/// One line of an entry: a positive amount is a debit, a negative one a credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The ledger account.
    pub account: LedgerAccount,
    /// The amount.
    pub amount: Money,
}

/// The reason an entry is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The postings do not sum to zero.
    #[error("the postings of an entry must sum to zero in every currency")]
    Unbalanced,
    /// An amount is out of range or in the wrong currency.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// An entry: postings that sum to zero in every currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entry(Vec<Posting>);

impl Entry {
    /// Checks postings and drops those of zero.
    ///
    /// # Errors
    /// The postings do not sum to zero in every currency.
    pub fn parse(postings: Vec<Posting>) -> Result<Self, LedgerError> {
        let mut ledger = Ledger::default();
        ledger.post(&Self(postings.clone()));
        let sum = |currency: Currency| {
            let of_currency = ledger.0.iter().filter(|balance| balance.currency == currency);
            of_currency.map(|balance| balance.minor).sum::<i128>()
        };
        if postings.iter().any(|posting| sum(posting.amount.currency()) != 0) {
            return Err(LedgerError::Unbalanced);
        }
        let not_nothing = postings.into_iter().filter(|posting| !posting.amount.is_zero());
        Ok(Self(not_nothing.collect()))
    }

    /// The postings.
    #[must_use]
    pub fn postings(&self) -> &[Posting] {
        &self.0
    }

    /// Debits the receivable, and credits revenue and tax.
    pub(super) fn of_charge(amount: TaxedAmount) -> Result<Self, LedgerError> {
        Self::parse(vec![
            debit(LedgerAccount::Receivable, amount.total()),
            credit(LedgerAccount::Revenue, amount.net())?,
            credit(LedgerAccount::TaxPayable, amount.tax())?,
        ])
    }

    /// Debits cash and credits the receivable.
    pub(super) fn of_payment(amount: Amount) -> Result<Self, LedgerError> {
        Self::parse(vec![
            debit(LedgerAccount::Cash, amount.money()),
            credit(LedgerAccount::Receivable, amount.money())?,
        ])
    }

    /// Debits the receivable and credits cash.
    pub(super) fn of_refund(amount: Amount) -> Result<Self, LedgerError> {
        Self::parse(vec![
            debit(LedgerAccount::Receivable, amount.money()),
            credit(LedgerAccount::Cash, amount.money())?,
        ])
    }

    /// Reverses a charge: debits revenue and tax, and credits the receivable.
    pub(super) fn of_credit_note(amount: TaxedAmount) -> Result<Self, LedgerError> {
        Self::parse(vec![
            debit(LedgerAccount::Revenue, amount.net()),
            debit(LedgerAccount::TaxPayable, amount.tax()),
            credit(LedgerAccount::Receivable, amount.total())?,
        ])
    }

    /// Debits write-offs and credits the receivable.
    pub(super) fn of_write_off(amount: TaxedAmount) -> Result<Self, LedgerError> {
        Self::parse(vec![
            debit(LedgerAccount::WriteOffs, amount.total()),
            credit(LedgerAccount::Receivable, amount.total())?,
        ])
    }
}

const fn debit(account: LedgerAccount, amount: Money) -> Posting {
    Posting { account, amount }
}

fn credit(account: LedgerAccount, amount: Money) -> Result<Posting, MoneyError> {
    let amount = amount.negated()?;
    Ok(Posting { account, amount })
}

/// The balance of a ledger account in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// The account.
    pub account: LedgerAccount,
    /// The currency.
    pub currency: Currency,
    /// The balance in minor units, wide enough for any number of entries.
    pub minor: i128,
}

/// The balances after all entries.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Ledger(Vec<Balance>);

impl Ledger {
    /// Adds an entry to the balances.
    pub(super) fn post(&mut self, entry: &Entry) {
        for posting in &entry.0 {
            let (account, currency) = (posting.account, posting.amount.currency());
            let minor = i128::from(posting.amount.minor());
            let mut balances = self.0.iter_mut();
            match balances.find(|balance| balance.account == account && balance.currency == currency) {
                Some(balance) => balance.minor += minor,
                None => self.0.push(Balance {
                    account,
                    currency,
                    minor,
                }),
            }
        }
    }

    pub(super) fn balances(&self) -> &[Balance] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, Currency::parse(code).expect("a currency"))
    }

    #[test]
    fn the_postings_of_an_entry_sum_to_zero_in_every_currency() {
        let cash = |minor, code| debit(LedgerAccount::Cash, money(minor, code));
        let owed = |minor, code| debit(LedgerAccount::Receivable, money(minor, code));
        assert!(Entry::parse(vec![cash(100, "USD"), owed(-100, "USD")]).is_ok());
        assert_eq!(
            Entry::parse(vec![cash(100, "USD"), owed(-99, "USD")]),
            Err(LedgerError::Unbalanced)
        );
        assert_eq!(
            Entry::parse(vec![cash(100, "USD"), owed(-100, "EUR")]),
            Err(LedgerError::Unbalanced)
        );
        let both = vec![cash(1, "USD"), owed(-1, "USD"), cash(2, "EUR"), owed(-2, "EUR")];
        assert!(Entry::parse(both).is_ok());
    }

    #[test]
    fn postings_of_zero_are_dropped() {
        let untaxed = TaxedAmount::untaxed(Amount::parse(money(100, "USD")).expect("an amount"));
        assert_eq!(Entry::of_charge(untaxed).expect("an entry").postings().len(), 2);
    }
}
