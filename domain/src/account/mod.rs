//! The account: a patient's debts and payments as a double-entry ledger. Each patient has one account, with the
//! patient's id. Entries are never deleted or changed. Further entries correct mistakes.

mod command;
mod event;
mod items;
mod ledger;
mod posted;
mod state;

#[cfg(test)]
mod scenarios;

pub use command::{
    AccountCommand, AccountRefusal, Adjustment, AdjustmentKind, Charge, Movement, Payment, PaymentMethod, Refund,
};
pub use event::{
    AccountEvent, AccountOpened, AdjustmentPosted, ChargePosted, PaymentFailed, PaymentReceived, PaymentRefunded,
};
pub use items::{Allocation, Allocations, Dues, Item, ItemDues};
pub use ledger::{Balance, Entry, LedgerAccount, LedgerError, Posting};
pub use posted::Posted;
pub use state::{Account, AccountStatus, CapturedPayment, PaymentState};

use crate::{
    Bare, Decider,
    aggregate::{aggregate, folded_by},
    values::PaymentReference,
};

use self::items::sum_minor;

aggregate!(Account = "account", AccountCommand => AccountEvent, AccountRefusal);

type Decision = Result<Vec<AccountEvent>, AccountRefusal>;

/// Decides a repeated command: it changes nothing. Reuse of the id or reference for something else is a mistake.
fn repeated<T: PartialEq>(before: &T, wanted: &T, mistake: AccountRefusal) -> Decision {
    if before == wanted { Ok(vec![]) } else { Err(mistake) }
}

impl Decider for Account {
    /// An account lives as long as its patient stays, and every visit, payment and refund adds events.
    const FOLDED_BY: Option<u64> = Some(folded_by(&[
        include_str!("mod.rs"),
        include_str!("state.rs"),
        include_str!("event.rs"),
        include_str!("command.rs"),
        include_str!("items.rs"),
        include_str!("ledger.rs"),
        include_str!("posted.rs"),
        include_str!("../values/money.rs"),
        include_str!("../values/taxed_amount.rs"),
        include_str!("../values/tax_rate.rs"),
        include_str!("../values/text.rs"),
    ]));

    fn decide(&self, command: AccountCommand) -> Decision {
        let events = match (&self.opened, command) {
            (Some(_), AccountCommand::Open { .. }) => Err(AccountRefusal::AlreadyOpened),
            (None, AccountCommand::Open { patient_id }) => Ok(vec![AccountEvent::Opened(AccountOpened { patient_id })]),
            (None, _) => Err(AccountRefusal::Unknown),
            (Some(_), AccountCommand::Close) if self.closed => Ok(vec![]),
            (Some(_), _) if self.closed => Err(AccountRefusal::Closed),
            (Some(_), AccountCommand::PostCharge(charge)) => self.post_charge(charge),
            (Some(_), AccountCommand::InitiatePayment(payment)) => self.initiate(payment),
            (Some(_), AccountCommand::ReceivePayment(payment)) => self.receive(payment),
            (Some(_), AccountCommand::FailPayment { reference }) => self.fail(reference),
            (Some(_), AccountCommand::RefundPayment(refund)) => self.refund(refund),
            (Some(_), AccountCommand::MovePayment(movement)) => self.move_payment(movement),
            (Some(_), AccountCommand::PostAdjustment(adjustment)) => self.post_adjustment(adjustment),
            (Some(_), AccountCommand::Close) => self.close(),
        }?;
        match events.iter().all(|event| self.has_room_for(event)) {
            true => Ok(events),
            false => Err(AccountRefusal::TooManyEntries),
        }
    }

    fn evolve(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Opened(opened) => self.opened = Some(*opened),
            AccountEvent::ChargePosted(posted) => {
                self.ledger.post(&posted.entry);
                let (charge, money) = (posted.charge, posted.charge.amount.total());
                self.items.dues_mut(charge.item(), money.currency()).charge(money);
                self.charges.insert(charge.charge_id, charge);
            }
            AccountEvent::PaymentInitiated(payment) => self.put(payment, PaymentState::Initiated),
            AccountEvent::PaymentReceived(received) => {
                self.ledger.post(&received.entry);
                self.put(&received.payment, PaymentState::Captured);
                for allocation in received.allocations.iter() {
                    self.count(&received.payment.reference, *allocation);
                }
            }
            AccountEvent::PaymentFailed(failed) => {
                if let Some(known) = self.payments.get_mut(&failed.reference) {
                    known.state = PaymentState::Failed;
                }
            }
            AccountEvent::PaymentRefunded(refunded) => {
                let refund = &refunded.refund;
                self.ledger.post(&refunded.entry);
                for allocation in self.released(refunded) {
                    self.release(&refund.reference, allocation);
                }
                if let Some(known) = self.payments.get_mut(&refund.reference) {
                    known.refunded_minor += i128::from(refund.amount.money().minor());
                }
                self.refunds.insert(refund.refund_id, refund.clone());
            }
            AccountEvent::PaymentMoved(moved) => {
                let allocation = |item| Allocation {
                    item,
                    amount: moved.amount,
                };
                if let Some(from) = moved.from {
                    self.release(&moved.reference, allocation(from));
                }
                if let Some(to) = moved.to {
                    self.count(&moved.reference, allocation(to));
                }
                self.movements.insert(moved.movement_id, moved.clone());
            }
            AccountEvent::AdjustmentPosted(posted) => {
                self.ledger.post(&posted.entry);
                for lowered in self.lowered(posted) {
                    let money = lowered.amount.money();
                    let dues = self.items.dues_mut(lowered.item, money.currency());
                    match posted.adjustment.kind {
                        AdjustmentKind::CreditNote => dues.credit(money),
                        AdjustmentKind::WriteOff => dues.write_off(money),
                    }
                }
                self.adjustments
                    .insert(posted.adjustment.adjustment_id, posted.adjustment.clone());
            }
            AccountEvent::Closed(_) => self.closed = true,
        }
    }

    fn data_subject(&self, _own_id: &str) -> Option<String> {
        self.patient_id().map(|patient| patient.to_string())
    }
}

impl Account {
    /// The limit of entries beyond which the account takes no more charges.
    pub const MOST_ENTRIES: usize = 10_000;
    /// The limit of further entries, which settle what was charged before.
    pub const MOST_SETTLING_ENTRIES: usize = 2_000;

    /// Whether the entry that an event adds is within the limits. The outcome of an initiated payment always is.
    fn has_room_for(&self, event: &AccountEvent) -> bool {
        let known = [
            self.charges.len(),
            self.payments.len(),
            self.refunds.len(),
            self.movements.len(),
            self.adjustments.len(),
        ];
        let entries: usize = known.into_iter().sum();
        match event {
            AccountEvent::ChargePosted(_) => entries < Self::MOST_ENTRIES,
            AccountEvent::PaymentReceived(received) if self.payments.contains_key(&received.payment.reference) => true,
            AccountEvent::PaymentInitiated(_)
            | AccountEvent::PaymentReceived(_)
            | AccountEvent::PaymentRefunded(_)
            | AccountEvent::PaymentMoved(_)
            | AccountEvent::AdjustmentPosted(_) => entries < Self::MOST_ENTRIES + Self::MOST_SETTLING_ENTRIES,
            AccountEvent::Opened(_) | AccountEvent::PaymentFailed(_) | AccountEvent::Closed(_) => true,
        }
    }

    fn post_charge(&self, charge: Charge) -> Decision {
        if let Some(before) = self.charges.get(&charge.charge_id) {
            return repeated(before, &charge, AccountRefusal::IdUsed);
        }
        let entry = Entry::of_charge(charge.amount)?;
        Ok(vec![AccountEvent::ChargePosted(ChargePosted { charge, entry })])
    }

    /// A payment with an unknown outcome blocks every other one, because the money may have been taken.
    fn initiate(&self, payment: Payment) -> Decision {
        match self.payments.get(&payment.reference) {
            Some(known) if known.payment != payment => Err(AccountRefusal::ReferenceUsed),
            Some(known) => match known.state {
                PaymentState::Failed => Err(AccountRefusal::PaymentFailed),
                PaymentState::Initiated | PaymentState::Captured => Ok(vec![]),
            },
            None if self.pending_payment().is_some() => Err(AccountRefusal::PaymentPending),
            None => {
                self.check_meant(&payment)?;
                Ok(vec![AccountEvent::PaymentInitiated(payment)])
            }
        }
    }

    /// Received money is always recorded, even for an attempt that was recorded as failed. Only a payment that was
    /// never attempted must wait for a pending one.
    fn receive(&self, payment: Payment) -> Decision {
        match self.payments.get(&payment.reference) {
            Some(known) if known.payment != payment => return Err(AccountRefusal::ReferenceUsed),
            Some(known) if known.state == PaymentState::Captured => return Ok(vec![]),
            Some(_) => {}
            None if self.pending_payment().is_some() => return Err(AccountRefusal::PaymentPending),
            None => self.check_meant(&payment)?,
        }
        let entry = Entry::of_payment(payment.amount)?;
        let allocations = self.allocated_to(&payment).into();
        Ok(vec![AccountEvent::PaymentReceived(PaymentReceived {
            payment,
            entry,
            allocations,
        })])
    }

    /// Checks the wanted allocations of a payment to the account. The invoice checks its own open amount.
    fn check_meant(&self, payment: &Payment) -> Result<(), AccountRefusal> {
        if payment.towards.len() > Payment::MOST_ALLOCATIONS {
            return Err(AccountRefusal::TooManyAllocations);
        }
        for (index, meant) in payment.towards.iter().enumerate() {
            let before = payment.towards.get(..index).unwrap_or_default();
            if before.iter().any(|one| one.item == meant.item) {
                return Err(AccountRefusal::NamedTwice);
            }
            if meant.amount.money().currency() != payment.amount.money().currency() {
                return Err(AccountRefusal::PaymentInAnotherCurrency);
            }
            self.check_owed(meant)?;
        }
        if sum_minor(&payment.towards) > i128::from(payment.amount.money().minor()) {
            return Err(AccountRefusal::ExceedsPayment);
        }
        Ok(())
    }

    /// Checks that the amount is owed for the item.
    fn check_owed(&self, wanted: &Allocation) -> Result<(), AccountRefusal> {
        let known = self.items.find(wanted.item).ok_or(AccountRefusal::UnknownItem)?;
        if known.currency != wanted.amount.money().currency() {
            return Err(AccountRefusal::PaymentInAnotherCurrency);
        }
        if i128::from(wanted.amount.money().minor()) > known.dues.owed_minor() {
            return Err(AccountRefusal::ExceedsOwed);
        }
        Ok(())
    }

    fn fail(&self, reference: PaymentReference) -> Decision {
        let known = self.payments.get(&reference).ok_or(AccountRefusal::UnknownPayment)?;
        match known.state {
            PaymentState::Captured => Err(AccountRefusal::PaymentCaptured),
            PaymentState::Failed => Ok(vec![]),
            PaymentState::Initiated => Ok(vec![AccountEvent::PaymentFailed(PaymentFailed { reference })]),
        }
    }

    fn refund(&self, refund: Refund) -> Decision {
        if let Some(before) = self.refunds.get(&refund.refund_id) {
            return repeated(before, &refund, AccountRefusal::IdUsed);
        }
        let known = self.received(&refund.reference)?;
        let (captured, wanted) = (known.payment.amount.money(), refund.amount.money());
        if wanted.currency() != captured.currency() {
            return Err(AccountRefusal::RefundInAnotherCurrency);
        }
        if known.refunded_minor + i128::from(wanted.minor()) > i128::from(captured.minor()) {
            return Err(AccountRefusal::RefundExceedsCaptured);
        }
        let entry = Entry::of_refund(refund.amount)?;
        let released = self.released_by(&refund).into();
        Ok(vec![AccountEvent::PaymentRefunded(PaymentRefunded {
            refund,
            entry,
            released,
        })])
    }

    fn move_payment(&self, movement: Movement) -> Decision {
        if let Some(before) = self.movements.get(&movement.movement_id) {
            return repeated(before, &movement, AccountRefusal::IdUsed);
        }
        let known = self.received(&movement.reference)?;
        if movement.from == movement.to {
            return Err(AccountRefusal::MovedNowhere);
        }
        let wanted = movement.amount.money();
        if wanted.currency() != known.payment.amount.money().currency() {
            return Err(AccountRefusal::PaymentInAnotherCurrency);
        }
        let there = match movement.from {
            Some(item) => known.allocated_minor(item),
            None => known.unallocated_minor(),
        };
        if i128::from(wanted.minor()) > there {
            return Err(AccountRefusal::ExceedsAllocated);
        }
        if let Some(item) = movement.to {
            let amount = movement.amount;
            self.check_owed(&Allocation { item, amount })?;
            if known.allocated_minor(item) == 0 && known.allocations.len() >= Payment::MOST_ALLOCATIONS {
                return Err(AccountRefusal::TooManyAllocations);
            }
        }
        Ok(vec![AccountEvent::PaymentMoved(movement)])
    }

    fn post_adjustment(&self, adjustment: Adjustment) -> Decision {
        if let Some(before) = self.adjustments.get(&adjustment.adjustment_id) {
            return repeated(before, &adjustment, AccountRefusal::IdUsed);
        }
        let total = adjustment.amount.total();
        match adjustment.kind {
            AdjustmentKind::WriteOff
                if i128::from(total.minor()) > self.balance_minor(LedgerAccount::Receivable, total.currency()) =>
            {
                return Err(AccountRefusal::WriteOffExceedsDebt);
            }
            AdjustmentKind::WriteOff
                if adjustment
                    .invoice_id
                    .is_some_and(|id| i128::from(total.minor()) > self.owed_minor(Item::Invoice(id))) =>
            {
                return Err(AccountRefusal::WriteOffExceedsDebt);
            }
            // For an invoice, the invoice itself checks the amount to credit.
            AdjustmentKind::CreditNote if adjustment.invoice_id.is_none() && !self.can_credit(adjustment.amount) => {
                return Err(AccountRefusal::CreditExceedsCharges);
            }
            AdjustmentKind::WriteOff | AdjustmentKind::CreditNote => {}
        }
        let entry = match adjustment.kind {
            AdjustmentKind::CreditNote => Entry::of_credit_note(adjustment.amount),
            AdjustmentKind::WriteOff => Entry::of_write_off(adjustment.amount),
        }?;
        let lowered = self.lowered_by(&adjustment);
        if sum_minor(&lowered) < i128::from(total.minor()) {
            return Err(AccountRefusal::TooManyAllocations);
        }
        let allocations = match adjustment.invoice_id {
            Some(_) => Allocations::default(),
            None => lowered.into(),
        };
        Ok(vec![AccountEvent::AdjustmentPosted(AdjustmentPosted {
            adjustment,
            entry,
            allocations,
        })])
    }

    /// The allocations that a refund releases. Earlier events do not hold them, so the rule derives them.
    fn released(&self, refunded: &PaymentRefunded) -> Vec<Allocation> {
        if refunded.released.is_empty() {
            self.released_by(&refunded.refund)
        } else {
            refunded.released.to_vec()
        }
    }

    /// The items that an adjustment lowers. Earlier events do not hold them, so the rule derives them.
    pub(crate) fn lowered(&self, posted: &AdjustmentPosted) -> Vec<Allocation> {
        if posted.allocations.is_empty() {
            self.lowered_by(&posted.adjustment)
        } else {
            posted.allocations.to_vec()
        }
    }

    fn close(&self) -> Decision {
        if self.pending_payment().is_some() {
            return Err(AccountRefusal::PaymentPending);
        }
        let mut owed = self.balances().iter();
        if owed.any(|balance| balance.account == LedgerAccount::Receivable && balance.minor != 0) {
            return Err(AccountRefusal::NotBalanced);
        }
        // A debt for one item does not offset an overpayment of another. The money must be moved first.
        if self.items().iter().any(|one| one.dues.owed_minor() != 0) || !self.unallocated().is_empty() {
            return Err(AccountRefusal::NotBalanced);
        }
        Ok(vec![AccountEvent::Closed(Bare {})])
    }
}
