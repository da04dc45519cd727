//! The account's state, and the proof it gives to invoices.

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

/// A payment with its outcome, allocations and refunds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownPayment {
    pub(super) payment: Payment,
    pub(super) state: PaymentState,
    pub(super) allocations: Vec<Allocation>,
    pub(super) refunded_minor: i128,
}

impl KnownPayment {
    /// The received money that is neither refunded nor allocated.
    pub(super) fn unallocated_minor(&self) -> i128 {
        match self.state {
            PaymentState::Captured => {
                let received = i128::from(self.payment.amount.money().minor());
                received - self.refunded_minor - sum_minor(&self.allocations)
            }
            PaymentState::Initiated | PaymentState::Failed => 0,
        }
    }

    /// The part allocated to an item.
    pub(super) fn allocated_minor(&self, item: Item) -> i128 {
        part_minor(&self.allocations, item)
    }
}

codes! {
    /// The status of an account.
    AccountStatus {
        /// The account accepts entries.
        Open = "open";
        /// The account is closed for good.
        Closed = "closed";
    }
}

codes! {
    /// The state of a payment.
    PaymentState {
        /// The payment is being attempted, and its outcome is unknown.
        Initiated = "initiated";
        /// The money has been received.
        Captured = "captured";
        /// The attempt brought no money.
        Failed = "failed";
    }
}

/// Proof that a payment has been received. Only [`Account::captured`] creates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedPayment(Payment);

impl CapturedPayment {
    /// The payment's reference.
    #[must_use]
    pub const fn reference(&self) -> &PaymentReference {
        &self.0.reference
    }

    /// The received amount.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        self.0.amount
    }
}

impl Account {
    /// The account's patient: `None` before it is opened.
    #[must_use]
    pub fn patient_id(&self) -> Option<Uuid> {
        self.opened.map(|opened| opened.patient_id)
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> AccountStatus {
        match self.closed {
            true => AccountStatus::Closed,
            false => AccountStatus::Open,
        }
    }

    /// Whether the account is closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// The balances of the ledger accounts. In each currency they sum to zero.
    #[must_use]
    pub fn balances(&self) -> &[Balance] {
        self.ledger.balances()
    }

    /// The balance of one ledger account in a currency, in minor units. [`LedgerAccount::Receivable`] is the patient's
    /// debt.
    #[must_use]
    pub fn balance_minor(&self, account: LedgerAccount, currency: Currency) -> i128 {
        let mut balances = self.balances().iter();
        balances
            .find(|balance| balance.account == account && balance.currency == currency)
            .map_or(0, |balance| balance.minor)
    }

    /// The amount owed for an item, in minor units. A negative amount is a balance in the patient's favour.
    #[must_use]
    pub fn owed_minor(&self, item: Item) -> i128 {
        self.items.find(item).map_or(0, |one| one.dues.owed_minor())
    }

    /// The amounts of all items, the oldest first.
    #[must_use]
    pub fn items(&self) -> &[ItemDues] {
        self.items.all()
    }

    /// The unallocated money in each currency, in minor units. Currencies without any are absent.
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

    /// The payment with an unknown outcome, if there is one.
    #[must_use]
    pub fn pending_payment(&self) -> Option<&Payment> {
        let mut payments = self.payments.values();
        payments
            .find(|known| known.state == PaymentState::Initiated)
            .map(|known| &known.payment)
    }

    /// The references of all payments, received or not, in a stable order.
    pub fn payments(&self) -> impl Iterator<Item = &PaymentReference> {
        self.payments.keys()
    }

    /// A payment and its state.
    #[must_use]
    pub fn payment(&self, reference: &PaymentReference) -> Option<(&Payment, PaymentState)> {
        let known = self.payments.get(reference)?;
        Some((&known.payment, known.state))
    }

    /// The allocations of a payment.
    #[must_use]
    pub fn allocations(&self, reference: &PaymentReference) -> &[Allocation] {
        let known = self.payments.get(reference);
        known.map_or(&[], |known| &known.allocations)
    }

    /// The unallocated money of a payment, in minor units.
    #[must_use]
    pub fn unallocated_minor(&self, reference: &PaymentReference) -> i128 {
        let known = self.payments.get(reference);
        known.map_or(0, KnownPayment::unallocated_minor)
    }

    /// Checks that a payment has been received for this invoice.
    ///
    /// # Errors
    /// The payment is unknown, pending or failed, or is for another invoice without an allocation to this one.
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

    /// The refunded amount of a payment, in minor units.
    #[must_use]
    pub fn refunded_minor(&self, reference: &PaymentReference) -> i128 {
        self.payments.get(reference).map_or(0, |known| known.refunded_minor)
    }

    /// Whether the charges without an invoice still cover this amount and its tax, after all credits and write-offs.
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

    /// The items that an adjustment lowers. It lowers the invoice it names. Without one, a write-off lowers all debts,
    /// the oldest first, and a credit note lowers charges: wholly unpaid ones first, then the others, each the oldest
    /// first.
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
                // Paid charges are credited last, so that money becomes unallocated only if necessary.
                charges.sort_by_key(|one| one.dues.owed_minor() < one.dues.standing_minor());
                Items::spread(amount, most, charges.into_iter(), |one| one.dues.standing_minor())
            }
        }
    }

    /// The allocations of a payment on receipt. Each is limited to the amount owed by then.
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

    /// The allocations that a refund releases. Unallocated money goes first, then the refund's invoice, then overpaid
    /// items, and then the rest. Within each step, the latest allocation goes first.
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

/// Adds an amount to the allocation of an item, which may already exist.
fn add(parts: &mut Vec<Allocation>, item: Item, amount: Amount) {
    let money = amount.money();
    let sum = part(part_minor(parts, item) + i128::from(money.minor()), money.currency());
    match parts.iter_mut().find(|one| one.item == item) {
        Some(one) => one.amount = sum.unwrap_or(amount),
        None => parts.push(Allocation { item, amount }),
    }
}

/// The part allocated to an item, in minor units.
fn part_minor(parts: &[Allocation], item: Item) -> i128 {
    let found = parts.iter().find(|one| one.item == item);
    found.map_or(0, |one| i128::from(one.amount.money().minor()))
}
