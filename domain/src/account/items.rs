//! What is owed item by item: an invoice, or a charge that stands on none. [`Dues`] is the one definition of what is owed
//! for something, by which the invoice and the account both reckon.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::values::{Amount, Currency, Money};

/// Something that money is owed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum Item {
    /// An invoice.
    Invoice(Uuid),
    /// A charge that stands on no invoice.
    Charge(Uuid),
}

/// A part of an amount, and the item that it counts towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// How much counts towards it.
    pub amount: Amount,
}

/// The parts of an amount. In an event, null stands for none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<Vec<Allocation>>", into = "Vec<Allocation>")]
pub struct Allocations(Vec<Allocation>);

impl From<Option<Vec<Allocation>>> for Allocations {
    fn from(parts: Option<Vec<Allocation>>) -> Self {
        Self(parts.unwrap_or_default())
    }
}

impl From<Allocations> for Vec<Allocation> {
    fn from(allocations: Allocations) -> Self {
        allocations.0
    }
}

impl From<Vec<Allocation>> for Allocations {
    fn from(parts: Vec<Allocation>) -> Self {
        Self(parts)
    }
}

impl std::ops::Deref for Allocations {
    type Target = [Allocation];

    fn deref(&self) -> &[Allocation] {
        &self.0
    }
}

impl Allocations {
    pub(super) fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

/// What has been charged, credited, written off and paid for one item, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dues {
    charged: i128,
    credited: i128,
    written_off: i128,
    paid: i128,
}

impl Dues {
    /// What is owed: what was charged, less what was credited, written off and paid. What was given back or moved elsewhere
    /// is not paid. Below zero it is a balance in the patient's favour.
    #[must_use]
    pub const fn owed_minor(&self) -> i128 {
        self.charged - self.credited - self.written_off - self.paid
    }

    /// What has been paid, and neither been given back nor moved elsewhere.
    #[must_use]
    pub const fn paid_minor(&self) -> i128 {
        self.paid
    }

    /// What was given up.
    #[must_use]
    pub const fn written_off_minor(&self) -> i128 {
        self.written_off
    }

    /// What was charged and neither credited nor written off.
    pub(crate) const fn standing_minor(&self) -> i128 {
        self.charged - self.credited - self.written_off
    }

    pub(crate) fn charge(&mut self, money: Money) {
        self.charged += i128::from(money.minor());
    }

    pub(crate) fn credit(&mut self, money: Money) {
        self.credited += i128::from(money.minor());
    }

    pub(crate) fn write_off(&mut self, money: Money) {
        self.written_off += i128::from(money.minor());
    }

    /// A payment counts towards it.
    pub(crate) fn pay(&mut self, money: Money) {
        self.paid += i128::from(money.minor());
    }

    /// What was paid is given back, or moved elsewhere.
    pub(crate) fn release(&mut self, money: Money) {
        self.paid -= i128::from(money.minor());
    }
}

/// What is owed for one item of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDues {
    /// The item.
    pub item: Item,
    /// The currency that it was charged in.
    pub currency: Currency,
    /// What is owed for it.
    pub dues: Dues,
}

/// What is owed item by item, the oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Items(Vec<ItemDues>);

impl Items {
    /// In the order in which they were charged.
    pub(super) fn all(&self) -> &[ItemDues] {
        &self.0
    }

    pub(super) fn find(&self, item: Item) -> Option<&ItemDues> {
        self.0.iter().find(|one| one.item == item)
    }

    /// What is owed for an item. One that was never charged is owed nothing.
    pub(super) fn dues_mut(&mut self, item: Item, currency: Currency) -> &mut Dues {
        let known = self.0.iter().position(|one| one.item == item);
        let index = known.unwrap_or_else(|| {
            let dues = Dues::default();
            self.0.push(ItemDues { item, currency, dues });
            self.0.len() - 1
        });
        &mut self.0[index].dues
    }

    /// Spreads an amount over items in turn, as much on each as `room` says there is, until it is used up or there are
    /// `most` parts.
    pub(super) fn spread<'a>(
        amount: Amount,
        most: usize,
        items: impl Iterator<Item = &'a ItemDues>,
        room: impl Fn(&ItemDues) -> i128,
    ) -> Vec<Allocation> {
        let currency = amount.money().currency();
        let mut left = i128::from(amount.money().minor());
        let mut parts = Vec::new();
        for one in items.filter(|one| one.currency == currency) {
            if let Some(amount) = part(left.min(room(one)), currency).filter(|_| parts.len() < most) {
                left -= i128::from(amount.money().minor());
                parts.push(Allocation { item: one.item, amount });
            }
        }
        parts
    }
}

/// So many minor units as an amount; nothing, if that is not more than nothing.
pub(super) fn part(minor: i128, currency: Currency) -> Option<Amount> {
    let minor = i64::try_from(minor).ok()?;
    Amount::parse(Money::new(minor, currency)).ok()
}

/// What parts come to.
pub(super) fn sum_minor(parts: &[Allocation]) -> i128 {
    parts.iter().map(|part| i128::from(part.amount.money().minor())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_is_one_sum() {
        let usd = |minor| Money::new(minor, Currency::parse("USD").expect("a currency"));
        let mut dues = Dues::default();
        dues.charge(usd(11_000));
        dues.pay(usd(11_000));
        assert_eq!(dues.owed_minor(), 0);
        dues.release(usd(11_000));
        assert_eq!(dues.owed_minor(), 11_000, "what was given back is owed again");
        dues.credit(usd(1_000));
        dues.write_off(usd(500));
        assert_eq!((dues.owed_minor(), dues.standing_minor()), (9_500, 9_500));
        dues.pay(usd(10_000));
        assert_eq!(dues.owed_minor(), -500, "a balance in the patient's favour");
    }
}
