//! Debts by item: an invoice, or a charge without one. Invoice and account both use [`Dues`], the one definition of the
//! amount owed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::values::{Amount, Currency, Money};

/// An item that money is owed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum Item {
    /// An invoice.
    Invoice(Uuid),
    /// A charge without an invoice.
    Charge(Uuid),
}

/// A part of an amount, allocated to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// The allocated amount.
    pub amount: Amount,
}

/// The allocations of an amount. In an event, `null` means none.
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

/// The charged, credited, written-off and paid amounts of one item, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dues {
    charged: i128,
    credited: i128,
    written_off: i128,
    paid: i128,
}

impl Dues {
    /// The amount owed: charged minus credited, written off and paid. Refunded or moved money does not count as paid. A
    /// negative amount is a balance in the patient's favour.
    #[must_use]
    pub const fn owed_minor(&self) -> i128 {
        self.charged - self.credited - self.written_off - self.paid
    }

    /// The paid amount, without refunded or moved money.
    #[must_use]
    pub const fn paid_minor(&self) -> i128 {
        self.paid
    }

    /// The written-off amount.
    #[must_use]
    pub const fn written_off_minor(&self) -> i128 {
        self.written_off
    }

    /// The charged amount that is neither credited nor written off.
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

    /// Adds an allocated payment.
    pub(crate) fn pay(&mut self, money: Money) {
        self.paid += i128::from(money.minor());
    }

    /// Subtracts refunded or moved money.
    pub(crate) fn release(&mut self, money: Money) {
        self.paid -= i128::from(money.minor());
    }
}

/// The amounts of one item of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDues {
    /// The item.
    pub item: Item,
    /// The currency of the item's charges.
    pub currency: Currency,
    /// The amounts.
    pub dues: Dues,
}

/// The amounts of all items, the oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Items(Vec<ItemDues>);

impl Items {
    /// The items in the order of their first charge.
    pub(super) fn all(&self) -> &[ItemDues] {
        &self.0
    }

    pub(super) fn find(&self, item: Item) -> Option<&ItemDues> {
        self.0.iter().find(|one| one.item == item)
    }

    /// The amounts of an item. An unknown item is added with zero amounts.
    pub(super) fn dues_mut(&mut self, item: Item, currency: Currency) -> &mut Dues {
        let known = self.0.iter().position(|one| one.item == item);
        let index = known.unwrap_or_else(|| {
            let dues = Dues::default();
            self.0.push(ItemDues { item, currency, dues });
            self.0.len() - 1
        });
        &mut self.0[index].dues
    }

    /// Allocates an amount to items in turn. Each item gets at most its `room`, and there are at most `most`
    /// allocations.
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

/// An amount of minor units: `None` unless it is positive and in range.
pub(super) fn part(minor: i128, currency: Currency) -> Option<Amount> {
    let minor = i64::try_from(minor).ok()?;
    Amount::parse(Money::new(minor, currency)).ok()
}

/// The sum of allocations, in minor units.
pub(super) fn sum_minor(parts: &[Allocation]) -> i128 {
    parts.iter().map(|part| i128::from(part.amount.money().minor())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_amount_owed_follows_from_all_entries() {
        let usd = |minor| Money::new(minor, Currency::parse("USD").expect("a currency"));
        let mut dues = Dues::default();
        dues.charge(usd(11_000));
        dues.pay(usd(11_000));
        assert_eq!(dues.owed_minor(), 0);
        dues.release(usd(11_000));
        assert_eq!(dues.owed_minor(), 11_000, "a refund is owed again");
        dues.credit(usd(1_000));
        dues.write_off(usd(500));
        assert_eq!((dues.owed_minor(), dues.standing_minor()), (9_500, 9_500));
        dues.pay(usd(10_000));
        assert_eq!(dues.owed_minor(), -500, "a balance in the patient's favour");
    }
}
