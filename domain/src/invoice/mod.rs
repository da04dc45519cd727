//! The invoice: what is charged for, line by line, and what has become of it. Once issued it does not change: what was
//! wrong in it is put right by credit notes.

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
};
pub use line::InvoiceLine;
pub use state::{Invoice, InvoiceStatus};

use uuid::Uuid;

use crate::{
    Bare, Decider,
    account::CapturedPayment,
    aggregate::aggregate,
    values::{Amount, Reason},
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
            (Some(status), InvoiceCommand::AllocatePayment { payment, amount }) => {
                self.allocate(status, &payment, amount)
            }
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
                self.issued = Some(issued.clone());
                self.status = Some(InvoiceStatus::Issued);
            }
            InvoiceEvent::PaymentAllocated(allocated) => {
                self.allocations.insert(allocated.reference.clone(), allocated.amount);
            }
            InvoiceEvent::CreditNoteIssued(note) => {
                self.credit_notes.insert(note.credit_note_id, note.clone());
            }
            InvoiceEvent::Balanced(_) => self.status = Some(InvoiceStatus::Balanced),
            InvoiceEvent::Cancelled(_) => self.status = Some(InvoiceStatus::Cancelled),
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
            return if *before == line {
                Ok(vec![])
            } else {
                Err(InvoiceRefusal::IdUsed)
            };
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

    fn allocate(&self, status: InvoiceStatus, payment: &CapturedPayment, amount: Amount) -> Decision {
        if let Some(before) = self.allocations.get(payment.reference()) {
            return if *before == amount {
                Ok(vec![])
            } else {
                Err(InvoiceRefusal::ReferenceUsed)
            };
        }
        self.payable(amount)?;
        let (wanted, received) = (amount.money(), payment.amount().money());
        if received.currency() != wanted.currency() {
            return Err(InvoiceRefusal::AnotherCurrency);
        }
        if wanted.minor() > received.minor() {
            return Err(InvoiceRefusal::ExceedsPayment);
        }
        let allocated = InvoiceEvent::PaymentAllocated(PaymentAllocated {
            reference: payment.reference().clone(),
            amount,
        });
        Ok(self.and_balanced(status, allocated))
    }

    fn credit(&self, status: InvoiceStatus, credit_note_id: Uuid, amount: Amount, reason: Option<Reason>) -> Decision {
        if let Some(before) = self.credit_notes.get(&credit_note_id) {
            let same = before.amount.total() == amount.money() && before.reason == reason;
            return if same { Ok(vec![]) } else { Err(InvoiceRefusal::IdUsed) };
        }
        if !matches!(status, InvoiceStatus::Issued | InvoiceStatus::Balanced) {
            return Err(InvoiceRefusal::InStatus(status));
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
        Ok(self.and_balanced(status, InvoiceEvent::CreditNoteIssued(note)))
    }

    /// A payment that was allocated would be left without an invoice: a paid one is corrected by a credit note.
    fn cancel(&self, status: InvoiceStatus, reason: Option<Reason>) -> Decision {
        match status {
            InvoiceStatus::Cancelled => Ok(vec![]),
            InvoiceStatus::Balanced => Err(InvoiceRefusal::InStatus(status)),
            InvoiceStatus::Issued if !self.allocations.is_empty() => Err(InvoiceRefusal::PaymentsAllocated),
            InvoiceStatus::Draft | InvoiceStatus::Issued => {
                Ok(vec![InvoiceEvent::Cancelled(InvoiceCancelled { reason })])
            }
        }
    }

    /// An invoice is balanced the moment that nothing is open any more.
    fn and_balanced(&self, status: InvoiceStatus, event: InvoiceEvent) -> Vec<InvoiceEvent> {
        let mut next = self.clone();
        next.evolve(&event);
        let balanced = status == InvoiceStatus::Issued && next.open_minor() <= 0;
        let balanced = balanced.then_some(InvoiceEvent::Balanced(Bare {}));
        [event].into_iter().chain(balanced).collect()
    }
}
