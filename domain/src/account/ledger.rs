//! Double entry: every entry moves money from somewhere to somewhere, and its postings sum to zero in every currency.

use serde::{Deserialize, Serialize};

use crate::values::{Amount, Currency, Money, MoneyError, TaxedAmount, codes::codes};

codes! {
    /// The accounts of the ledger that postings are made to.
    LedgerAccount {
        /// What the patient owes. Below zero it is what the clinic owes the patient.
        Receivable = "receivable";
        /// What the clinic has earned.
        Revenue = "revenue";
        /// The tax that was charged, which is the state's.
        TaxPayable = "tax-payable";
        /// The money that has come in.
        Cash = "cash";
        /// What was earned and will not be collected.
        WriteOffs = "write-offs";
    }
}

/// One line of an entry: a debit where the amount is above zero, a credit where it is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// Where.
    pub account: LedgerAccount,
    /// How much.
    pub amount: Money,
}

/// Why an entry cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Money would appear or vanish.
    #[error("the postings of an entry must sum to zero in every currency")]
    Unbalanced,
    /// An amount cannot be reckoned with.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// An entry: postings that sum to zero in every currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Entry(Vec<Posting>);

impl Entry {
    /// Checks postings. One of nothing is left out.
    ///
    /// # Errors
    /// They do not sum to zero in every currency.
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

    /// The patient owes more, the clinic has earned it, and some of it is tax.
    pub(super) fn of_charge(amount: TaxedAmount) -> Result<Self, LedgerError> {
        Self::parse(vec![
            debit(LedgerAccount::Receivable, amount.total()),
            credit(LedgerAccount::Revenue, amount.net())?,
            credit(LedgerAccount::TaxPayable, amount.tax())?,
        ])
    }

    /// Money comes in, and the patient owes less.
    pub(super) fn of_payment(amount: Amount) -> Result<Self, LedgerError> {
        Self::parse(vec![
            debit(LedgerAccount::Cash, amount.money()),
            credit(LedgerAccount::Receivable, amount.money())?,
        ])
    }

    /// Money goes out, and the patient owes more, or is owed less.
    pub(super) fn of_refund(amount: Amount) -> Result<Self, LedgerError> {
        Self::parse(vec![
            debit(LedgerAccount::Receivable, amount.money()),
            credit(LedgerAccount::Cash, amount.money())?,
        ])
    }

    /// A charge is taken back: earnings and tax with it.
    pub(super) fn of_credit_note(amount: TaxedAmount) -> Result<Self, LedgerError> {
        Self::parse(vec![
            debit(LedgerAccount::Revenue, amount.net()),
            debit(LedgerAccount::TaxPayable, amount.tax()),
            credit(LedgerAccount::Receivable, amount.total())?,
        ])
    }

    /// What is owed is given up: it was earned, and is lost.
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

/// What the postings to one account have come to, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// The account.
    pub account: LedgerAccount,
    /// The currency.
    pub currency: Currency,
    /// How many minor units: wide enough for any number of entries.
    pub minor: i128,
}

/// The balances that entries have led to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Ledger(Vec<Balance>);

impl Ledger {
    /// Adds an entry.
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
    fn a_posting_of_nothing_is_left_out() {
        let untaxed = TaxedAmount::untaxed(Amount::parse(money(100, "USD")).expect("an amount"));
        assert_eq!(Entry::of_charge(untaxed).expect("an entry").postings().len(), 2);
    }
}
