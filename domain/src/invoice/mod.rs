//! The invoice: its lines, payments, credit notes and status. An issued invoice is immutable, and credit notes correct
//! it.

mod command;
mod event;
mod line;
mod state;
mod totals;

#[cfg(test)]
mod scenarios;

pub use command::{InvoiceCommand, InvoiceRefusal};
pub use event::{
    CreditNote, InvoiceCancelled, InvoiceDrafted, InvoiceEvent, InvoiceIssued, IssuedLine, PaymentAllocated,
    PaymentReleased, WrittenOff,
};
pub use line::InvoiceLine;
pub use state::{Invoice, InvoiceStatus};

use uuid::Uuid;

use crate::{
    Bare, Decider,
    account::CapturedPayment,
    aggregate::aggregate,
    values::{Amount, Money, PaymentReference, Reason},
};

aggregate!(Invoice = "invoice", InvoiceCommand => InvoiceEvent, InvoiceRefusal);

type Decision = Result<Vec<InvoiceEvent>, InvoiceRefusal>;

impl Decider for Invoice {
    fn decide(&self, command: InvoiceCommand) -> Decision {
        match (self.status, command) {
            (None, InvoiceCommand::Draft(drafted)) => Ok(vec![InvoiceEvent::Drafted(drafted)]),
            (Some(_), InvoiceCommand::Draft(_)) => Err(InvoiceRefusal::AlreadyDrafted),
            (None, _) => Err(InvoiceRefusal::Unknown),
            (Some(status), InvoiceCommand::AddLine(line)) => self.add_line(status, line),
            (Some(status), InvoiceCommand::Issue) => self.issue(status),
            (
                Some(status),
                InvoiceCommand::AllocatePayment {
                    payment,
                    amount,
                    movement_id,
                },
            ) => self.allocate(status, &payment, amount, movement_id),
            (Some(status), InvoiceCommand::ReleasePayment(released)) => self.release(status, released),
            (Some(status), InvoiceCommand::WriteOff(written_off)) => self.write_off(status, written_off),
            (
                Some(status),
                InvoiceCommand::IssueCreditNote {
                    credit_note_id,
                    amount,
                    reason,
                },
            ) => self.credit(status, credit_note_id, amount, reason),
            (Some(status), InvoiceCommand::Cancel { reason }) => self.cancel(status, reason),
        }
    }

    fn evolve(&mut self, event: &InvoiceEvent) {
        match event {
            InvoiceEvent::Drafted(drafted) => {
                self.drafted = Some(*drafted);
                self.status = Some(InvoiceStatus::Draft);
            }
            InvoiceEvent::LineAdded(line) => self.lines.push(line.clone()),
            InvoiceEvent::Issued(issued) => {
                self.dues.charge(issued.amount.total());
                self.issued = Some(issued.clone());
                self.status = Some(InvoiceStatus::Issued);
            }
            InvoiceEvent::PaymentAllocated(allocated) => self.count(allocated),
            InvoiceEvent::PaymentReleased(released) => self.count_no_longer(released),
            InvoiceEvent::WrittenOff(written_off) => {
                self.dues.write_off(written_off.amount.money());
                self.write_offs.insert(written_off.adjustment_id, written_off.amount);
            }
            InvoiceEvent::CreditNoteIssued(note) => {
                self.dues.credit(note.amount.total());
                self.credit_notes.insert(note.credit_note_id, note.clone());
            }
            InvoiceEvent::Balanced(_) => self.status = Some(InvoiceStatus::Balanced),
            InvoiceEvent::Reopened(_) => self.status = Some(InvoiceStatus::Issued),
            InvoiceEvent::Cancelled(cancelled) => {
                // A cancellation credits the rest of the charge.
                if let Some(uncredited) = self.uncredited() {
                    self.dues.credit(uncredited.total());
                }
                self.status = Some(InvoiceStatus::Cancelled);
                self.cancelled_for.clone_from(&cancelled.reason);
            }
        }
    }

    fn data_subject(&self, _own_id: &str) -> Option<String> {
        self.drafted.map(|drafted| drafted.patient_id.to_string())
    }
}

impl Invoice {
    fn add_line(&self, status: InvoiceStatus, line: InvoiceLine) -> Decision {
        if status != InvoiceStatus::Draft {
            return Err(InvoiceRefusal::InStatus(status));
        }
        if let Some(before) = self.lines.iter().find(|before| before.line_id() == line.line_id()) {
            return repeated(*before == line, InvoiceRefusal::IdUsed);
        }
        if self.lines.len() >= Self::MOST_LINES {
            return Err(InvoiceRefusal::TooManyLines);
        }
        if self
            .drafted
            .is_some_and(|drafted| drafted.currency != line.net().currency())
        {
            return Err(InvoiceRefusal::AnotherCurrency);
        }
        Ok(vec![InvoiceEvent::LineAdded(line)])
    }

    fn issue(&self, status: InvoiceStatus) -> Decision {
        match status {
            InvoiceStatus::Draft => Ok(vec![InvoiceEvent::Issued(totals::of(&self.lines)?)]),
            InvoiceStatus::Issued | InvoiceStatus::Balanced => Ok(vec![]),
            InvoiceStatus::Cancelled => Err(InvoiceRefusal::InStatus(status)),
        }
    }

    fn allocate(
        &self,
        status: InvoiceStatus,
        payment: &CapturedPayment,
        amount: Amount,
        movement_id: Option<Uuid>,
    ) -> Decision {
        let reference = payment.reference();
        match movement_id {
            None => {
                if let Some(before) = self.received.get(reference) {
                    return repeated(*before == amount, InvoiceRefusal::ReferenceUsed);
                }
            }
            Some(id) => {
                if let Some((of, before)) = self.movements.get(&id) {
                    return repeated(of == reference && *before == amount, InvoiceRefusal::IdUsed);
                }
            }
        }
        self.payable(amount)?;
        let (wanted, received) = (amount.money(), payment.amount().money());
        if received.currency() != wanted.currency() {
            return Err(InvoiceRefusal::AnotherCurrency);
        }
        let counted = self.counted_minor(reference) + i128::from(wanted.minor());
        if counted > i128::from(received.minor()) {
            return Err(InvoiceRefusal::ExceedsPayment);
        }
        let allocated = InvoiceEvent::PaymentAllocated(PaymentAllocated {
            reference: reference.clone(),
            amount,
            movement_id,
        });
        Ok(self.and_settled(status, allocated))
    }

    fn release(&self, status: InvoiceStatus, released: PaymentReleased) -> Decision {
        if let Some((of, before)) = self.movements.get(&released.movement_id) {
            return repeated(
                *of == released.reference && *before == released.amount,
                InvoiceRefusal::IdUsed,
            );
        }
        let counted = self.allocations.get(&released.reference);
        let counted = counted.ok_or(InvoiceRefusal::ExceedsAllocated)?.money();
        let wanted = released.amount.money();
        if wanted.currency() != counted.currency() {
            return Err(InvoiceRefusal::AnotherCurrency);
        }
        if wanted.minor() > counted.minor() {
            return Err(InvoiceRefusal::ExceedsAllocated);
        }
        Ok(self.and_settled(status, InvoiceEvent::PaymentReleased(released)))
    }

    fn write_off(&self, status: InvoiceStatus, written_off: WrittenOff) -> Decision {
        if let Some(before) = self.write_offs.get(&written_off.adjustment_id) {
            return repeated(*before == written_off.amount, InvoiceRefusal::IdUsed);
        }
        self.payable(written_off.amount)?;
        Ok(self.and_settled(status, InvoiceEvent::WrittenOff(written_off)))
    }

    /// The part of a payment that is allocated to the invoice, in minor units.
    fn counted_minor(&self, reference: &PaymentReference) -> i128 {
        let counted = self.allocations.get(reference);
        counted.map_or(0, |amount| i128::from(amount.money().minor()))
    }

    fn count(&mut self, allocated: &PaymentAllocated) {
        let PaymentAllocated {
            reference,
            amount,
            movement_id,
        } = allocated;
        self.dues.pay(amount.money());
        self.put_counted(reference, *amount, amount.money().minor().into());
        match movement_id {
            None => drop(self.received.insert(reference.clone(), *amount)),
            Some(id) => drop(self.movements.insert(*id, (reference.clone(), *amount))),
        }
    }

    fn count_no_longer(&mut self, released: &PaymentReleased) {
        let PaymentReleased {
            movement_id,
            reference,
            amount,
        } = released;
        self.dues.release(amount.money());
        self.put_counted(reference, *amount, -i128::from(amount.money().minor()));
        self.movements.insert(*movement_id, (reference.clone(), *amount));
    }

    fn put_counted(&mut self, reference: &PaymentReference, amount: Amount, change_minor: i128) {
        let minor = i64::try_from(self.counted_minor(reference) + change_minor).unwrap_or(i64::MAX);
        match Amount::parse(Money::new(minor, amount.money().currency())) {
            Ok(counted) => drop(self.allocations.insert(reference.clone(), counted)),
            Err(_) => drop(self.allocations.remove(reference)),
        }
    }

    fn credit(&self, status: InvoiceStatus, credit_note_id: Uuid, amount: Amount, reason: Option<Reason>) -> Decision {
        if let Some(before) = self.credit_notes.get(&credit_note_id) {
            let is_same = before.amount.total() == amount.money() && before.reason == reason;
            return repeated(is_same, InvoiceRefusal::IdUsed);
        }
        if !matches!(status, InvoiceStatus::Issued | InvoiceStatus::Balanced) {
            return Err(InvoiceRefusal::InStatus(status));
        }
        if self.credit_notes.len() >= Self::MOST_CREDIT_NOTES {
            return Err(InvoiceRefusal::TooManyCreditNotes);
        }
        let charged = self.uncredited().ok_or(InvoiceRefusal::ExceedsCharged)?;
        if charged.total().currency() != amount.money().currency() {
            return Err(InvoiceRefusal::AnotherCurrency);
        }
        let note = CreditNote {
            credit_note_id,
            amount: totals::part_of(charged, amount)?,
            reason,
        };
        Ok(self.and_settled(status, InvoiceEvent::CreditNoteIssued(note)))
    }

    /// A paid invoice cannot be cancelled, because its payments would have no invoice. A credit note corrects it.
    fn cancel(&self, status: InvoiceStatus, reason: Option<Reason>) -> Decision {
        match status {
            InvoiceStatus::Cancelled => repeated(
                reason.is_none() || reason == self.cancelled_for,
                InvoiceRefusal::AnotherReason,
            ),
            InvoiceStatus::Balanced => Err(InvoiceRefusal::InStatus(status)),
            InvoiceStatus::Issued if !self.allocations.is_empty() || self.written_off_minor() > 0 => {
                Err(InvoiceRefusal::PaymentsAllocated)
            }
            InvoiceStatus::Draft | InvoiceStatus::Issued => {
                Ok(vec![InvoiceEvent::Cancelled(InvoiceCancelled { reason })])
            }
        }
    }

    /// Adds the change of status that follows from the event: an invoice without an open amount is balanced.
    fn and_settled(&self, status: InvoiceStatus, event: InvoiceEvent) -> Vec<InvoiceEvent> {
        let mut next = self.clone();
        next.evolve(&event);
        let settled = match status {
            InvoiceStatus::Issued if next.open_minor() <= 0 => Some(InvoiceEvent::Balanced(Bare {})),
            InvoiceStatus::Balanced if next.open_minor() > 0 => Some(InvoiceEvent::Reopened(Bare {})),
            _ => None,
        };
        [event].into_iter().chain(settled).collect()
    }
}

/// Decides a repeated command: it changes nothing. Reuse of the id or reference for something else is a mistake.
const fn repeated(is_same: bool, mistake: InvoiceRefusal) -> Decision {
    if is_same { Ok(vec![]) } else { Err(mistake) }
}
