//! An account's state, and what it can prove to others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    command::{AccountRefusal, Adjustment, AdjustmentKind, Charge, Movement, Payment, Refund},
    event::AccountOpened,
    items::{Allocation, Item, ItemDues, Items, part, sum_minor},
    ledger::{Balance, Ledger, LedgerAccount},
};
use crate::values::{Amount, Currency, PaymentReference, TaxedAmount, codes::codes};

/// An account's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Account {
    pub(super) opened: Option<AccountOpened>,
    pub(super) closed: bool,
    pub(super) ledger: Ledger,
    pub(super) charges: BTreeMap<Uuid, Charge>,
    pub(super) items: Items,
    pub(super) payments: BTreeMap<PaymentReference, KnownPayment>,
    pub(super) refunds: BTreeMap<Uuid, Refund>,
    pub(super) movements: BTreeMap<Uuid, Movement>,
    pub(super) adjustments: BTreeMap<Uuid, Adjustment>,
}

/// A payment, and what has become of its money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownPayment {
    pub(super) payment: Payment,
    pub(super) state: PaymentState,
    pub(super) allocations: Vec<Allocation>,
    pub(super) refunded_minor: i128,
}

impl KnownPayment {
    /// What has been received, and neither been given back nor counts towards anything.
    pub(super) fn unallocated_minor(&self) -> i128 {
        match self.state {
            PaymentState::Captured => {
                let received = i128::from(self.payment.amount.money().minor());
                received - self.refunded_minor - sum_minor(&self.allocations)
            }
            PaymentState::Initiated | PaymentState::Failed => 0,
        }
    }

    /// How much of it counts towards an item.
    pub(super) fn allocated_minor(&self, item: Item) -> i128 {
        part_minor(&self.allocations, item)
    }
}

codes! {
    /// Whether an account takes entries.
    AccountStatus {
        /// It does.
        Open = "open";
        /// It does not any more.
        Closed = "closed";
    }
}

codes! {
    /// What is known of a payment's outcome.
    PaymentState {
        /// It is being attempted: nothing is known.
        Initiated = "initiated";
        /// The money is there.
        Captured = "captured";
        /// There is no money.
        Failed = "failed";
    }
}

/// Proof that a payment has been received: only [`Account::captured`] gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedPayment(Payment);

impl CapturedPayment {
    /// What tells it from every other payment.
    #[must_use]
    pub const fn reference(&self) -> &PaymentReference {
        &self.0.reference
    }

    /// How much was received.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        self.0.amount
    }
}

impl Account {
    /// Whose it is; nobody's before it is opened.
    #[must_use]
    pub fn patient_id(&self) -> Option<Uuid> {
        self.opened.map(|opened| opened.patient_id)
    }

    /// Whether it takes entries.
    #[must_use]
    pub const fn status(&self) -> AccountStatus {
        match self.closed {
            true => AccountStatus::Closed,
            false => AccountStatus::Open,
        }
    }

    /// Whether it has been closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// What the postings to each account of the ledger have come to. In each currency they sum to zero.
    #[must_use]
    pub fn balances(&self) -> &[Balance] {
        self.ledger.balances()
    }

    /// What the postings to one account of the ledger have come to, in minor units of a currency. Of
    /// [`LedgerAccount::Receivable`] it is what the patient owes.
    #[must_use]
    pub fn balance_minor(&self, account: LedgerAccount, currency: Currency) -> i128 {
        let mut balances = self.balances().iter();
        balances
            .find(|balance| balance.account == account && balance.currency == currency)
            .map_or(0, |balance| balance.minor)
    }

    /// What is owed for an item, in minor units. Below zero it is a balance in the patient's favour.
    #[must_use]
    pub fn owed_minor(&self, item: Item) -> i128 {
        self.items.find(item).map_or(0, |one| one.dues.owed_minor())
    }

    /// What is owed item by item, the oldest first.
    #[must_use]
    pub fn items(&self) -> &[ItemDues] {
        self.items.all()
    }

    /// What has been paid and neither been given back nor counts towards anything, in each currency in which there is any.
    #[must_use]
    pub fn unallocated(&self) -> BTreeMap<Currency, i128> {
        let mut sums = BTreeMap::new();
        for known in self.payments.values() {
            let minor = known.unallocated_minor();
            if minor != 0 {
                *sums.entry(known.payment.amount.money().currency()).or_default() += minor;
            }
        }
        sums
    }

    /// The payment whose outcome is not known.
    #[must_use]
    pub fn pending_payment(&self) -> Option<&Payment> {
        let mut payments = self.payments.values();
        payments
            .find(|known| known.state == PaymentState::Initiated)
            .map(|known| &known.payment)
    }

    /// The references of all payments, received or not, in one order.
    pub fn payments(&self) -> impl Iterator<Item = &PaymentReference> {
        self.payments.keys()
    }

    /// A payment that has been attempted, and what is known of its outcome.
    #[must_use]
    pub fn payment(&self, reference: &PaymentReference) -> Option<(&Payment, PaymentState)> {
        let known = self.payments.get(reference)?;
        Some((&known.payment, known.state))
    }

    /// What a payment counts towards.
    #[must_use]
    pub fn allocations(&self, reference: &PaymentReference) -> &[Allocation] {
        let known = self.payments.get(reference);
        known.map_or(&[], |known| &known.allocations)
    }

    /// How much of a payment counts towards nothing, in minor units.
    #[must_use]
    pub fn unallocated_minor(&self, reference: &PaymentReference) -> i128 {
        let known = self.payments.get(reference);
        known.map_or(0, KnownPayment::unallocated_minor)
    }

    /// Checks that a payment has been received, and for this invoice.
    ///
    /// # Errors
    /// It has not, that is not known, or it was meant for another invoice and does not count towards this one.
    pub fn captured(&self, reference: &PaymentReference, invoice_id: Uuid) -> Result<CapturedPayment, AccountRefusal> {
        let known = self.received(reference)?;
        let counts = known.allocated_minor(Item::Invoice(invoice_id)) > 0;
        if known.payment.invoice_id != Some(invoice_id) && !counts {
            return Err(AccountRefusal::PaymentForAnotherInvoice);
        }
        Ok(CapturedPayment(known.payment.clone()))
    }

    pub(super) fn received(&self, reference: &PaymentReference) -> Result<&KnownPayment, AccountRefusal> {
        let known = self.payments.get(reference).ok_or(AccountRefusal::UnknownPayment)?;
        match known.state {
            PaymentState::Captured => Ok(known),
            PaymentState::Initiated => Err(AccountRefusal::PaymentPending),
            PaymentState::Failed => Err(AccountRefusal::PaymentFailed),
        }
    }

    /// How much of a payment has been given back, in minor units.
    #[must_use]
    pub fn refunded_minor(&self, reference: &PaymentReference) -> i128 {
        self.payments.get(reference).map_or(0, |known| known.refunded_minor)
    }

    /// Whether so much, and so much tax, is left of what was charged without an invoice, and neither credited nor
    /// written off.
    pub(super) fn can_credit(&self, amount: TaxedAmount) -> bool {
        let currency = amount.total().currency();
        let sum = |amounts: &mut dyn Iterator<Item = TaxedAmount>| {
            let same = amounts.filter(|one| one.total().currency() == currency);
            same.fold((0, 0), |(net, tax), one| {
                (net + i128::from(one.net().minor()), tax + i128::from(one.tax().minor()))
            })
        };
        let charges = self.charges.values().filter(|charge| charge.invoice_id.is_none());
        let charged = sum(&mut charges.map(|charge| charge.amount));
        let credits = self
            .adjustments
            .values()
            .filter(|before| before.invoice_id.is_none() && before.kind == AdjustmentKind::CreditNote);
        let credited = sum(&mut credits.map(|before| before.amount).chain([amount]));
        let of_currency = self.items.all().iter().filter(|one| one.currency == currency);
        let standing: i128 = of_currency
            .filter(|one| matches!(one.item, Item::Charge(_)))
            .map(|one| one.dues.standing_minor())
            .sum();
        credited.0 <= charged.0 && credited.1 <= charged.1 && i128::from(amount.total().minor()) <= standing
    }

    /// What an adjustment lowers: the invoice that it names; without one a credit note lowers charges, those first for which
    /// most is owed of what stands, and a write-off whatever is owed; the oldest first.
    pub(super) fn lowered_by(&self, adjustment: &Adjustment) -> Vec<Allocation> {
        let total = adjustment.amount.total();
        let Some(amount) = part(total.minor().into(), total.currency()) else {
            return Vec::new();
        };
        if let Some(invoice_id) = adjustment.invoice_id {
            let item = Item::Invoice(invoice_id);
            return vec![Allocation { item, amount }];
        }
        let most = Payment::MOST_ALLOCATIONS;
        let items = self.items.all().iter();
        match adjustment.kind {
            AdjustmentKind::WriteOff => Items::spread(amount, most, items, |one| one.dues.owed_minor()),
            AdjustmentKind::CreditNote => {
                let mut charges: Vec<&ItemDues> = items.filter(|one| matches!(one.item, Item::Charge(_))).collect();
                // What has been paid for is credited last, so that money comes free only if it has to.
                charges.sort_by_key(|one| one.dues.owed_minor() < one.dues.standing_minor());
                Items::spread(amount, most, charges.into_iter(), |one| one.dues.standing_minor())
            }
        }
    }

    /// What a payment counts towards once it is received: as much as is owed by then of what it is meant for.
    pub(super) fn allocated_to(&self, payment: &Payment) -> Vec<Allocation> {
        let owed = |one: &ItemDues| one.dues.owed_minor();
        let (amount, currency) = (payment.amount, payment.amount.money().currency());
        match payment.invoice_id {
            Some(id) => Items::spread(amount, 1, self.items.find(Item::Invoice(id)).into_iter(), owed),
            None if payment.towards.is_empty() => {
                Items::spread(amount, Payment::MOST_ALLOCATIONS, self.items.all().iter(), owed)
            }
            None => {
                let meant = payment.towards.iter().filter_map(|meant| {
                    let minor = i128::from(meant.amount.money().minor()).min(self.owed_minor(meant.item));
                    let item = meant.item;
                    part(minor, currency).map(|amount| Allocation { item, amount })
                });
                meant.collect()
            }
        }
    }

    /// What a refund takes money from: what counts towards nothing, then the invoice that it is asked for, then what has been
    /// paid too much for, and then the rest, the latest first.
    pub(super) fn released_by(&self, refund: &Refund) -> Vec<Allocation> {
        let Some(known) = self.payments.get(&refund.reference) else {
            return Vec::new();
        };
        let wanted = i128::from(refund.amount.money().minor());
        let mut left = wanted - wanted.min(known.unallocated_minor().max(0));
        let mut released = Vec::new();
        let asked_for = refund.invoice_id.map(Item::Invoice);
        let of_asked = |item: Item| if Some(item) == asked_for { i128::MAX } else { 0 };
        let too_much = |item: Item| -self.owed_minor(item);
        let any = |_: Item| i128::MAX;
        let steps: [&dyn Fn(Item) -> i128; 3] = [&of_asked, &too_much, &any];
        for room in steps {
            for allocation in known.allocations.iter().rev() {
                let (item, money) = (allocation.item, allocation.amount.money());
                let there = i128::from(money.minor()) - part_minor(&released, item);
                if let Some(taken) = part(left.min(there).min(room(item)), money.currency()) {
                    left -= i128::from(taken.money().minor());
                    add(&mut released, item, taken);
                }
            }
        }
        released
    }

    pub(super) fn count(&mut self, reference: &PaymentReference, allocation: Allocation) {
        let Some(known) = self.payments.get_mut(reference) else {
            return;
        };
        add(&mut known.allocations, allocation.item, allocation.amount);
        let money = allocation.amount.money();
        self.items.dues_mut(allocation.item, money.currency()).pay(money);
    }

    pub(super) fn release(&mut self, reference: &PaymentReference, allocation: Allocation) {
        let Some(known) = self.payments.get_mut(reference) else {
            return;
        };
        let money = allocation.amount.money();
        let left = part(
            known.allocated_minor(allocation.item) - i128::from(money.minor()),
            money.currency(),
        );
        known.allocations.retain_mut(|one| {
            if one.item == allocation.item {
                one.amount = left.unwrap_or(one.amount);
            }
            one.item != allocation.item || left.is_some()
        });
        self.items.dues_mut(allocation.item, money.currency()).release(money);
    }

    pub(super) fn put(&mut self, payment: &Payment, state: PaymentState) {
        let known = KnownPayment {
            payment: payment.clone(),
            state,
            allocations: Vec::new(),
            refunded_minor: 0,
        };
        self.payments.insert(payment.reference.clone(), known);
    }
}

/// Adds to the part of an item, which may be there already.
fn add(parts: &mut Vec<Allocation>, item: Item, amount: Amount) {
    let money = amount.money();
    let sum = part(part_minor(parts, item) + i128::from(money.minor()), money.currency());
    match parts.iter_mut().find(|one| one.item == item) {
        Some(one) => one.amount = sum.unwrap_or(amount),
        None => parts.push(Allocation { item, amount }),
    }
}

/// What counts towards an item.
fn part_minor(parts: &[Allocation], item: Item) -> i128 {
    let found = parts.iter().find(|one| one.item == item);
    found.map_or(0, |one| i128::from(one.amount.money().minor()))
}
