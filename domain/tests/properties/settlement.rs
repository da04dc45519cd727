//! Properties of settlement, in random years at the cash desk: invoices and account always agree on the amount owed,
//! and no patient gets back more than they paid.

use std::collections::BTreeMap;

use domain::{
    Decider as _,
    account::{
        Account, AccountCommand, AccountEvent, Adjustment, AdjustmentKind, Allocation, Charge, Item, LedgerAccount,
        Movement, Payment, PaymentMethod, PaymentState, Refund,
    },
    invoice::{Invoice, InvoiceCommand, InvoiceDrafted, InvoiceLine, InvoiceStatus},
    settlement,
    values::{Amount, LineDescription, Money, PaymentReference, TaxRate, TaxedAmount},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::fixtures::{PATIENT, usd};

/// The number of years.
const SEQUENCES: u32 = 10_000;

/// One step: the action, the invoice or charge, the payment and the amount.
type Step = (u8, u8, u8, i64);

/// An account and its invoices.
#[derive(Clone, Default)]
struct Books {
    account: Account,
    invoices: BTreeMap<Uuid, Invoice>,
    charges: u128,
    entries: u128,
    received: BTreeMap<PaymentReference, i128>,
    refunded: BTreeMap<PaymentReference, i128>,
}

fn amount(minor: i64) -> Amount {
    Amount::parse(Money::new(minor, usd())).expect("an amount")
}

fn taxed(minor: i64) -> TaxedAmount {
    let tax = minor / 11;
    TaxedAmount::parse(Money::new(minor - tax, usd()), Money::new(tax, usd())).expect("an amount")
}

fn reference(number: u8) -> PaymentReference {
    PaymentReference::parse(&format!("p-{number}")).expect("a reference")
}

const fn invoice_id(number: u8) -> Uuid {
    Uuid::from_u128(0x1000 + number as u128)
}

const fn charge_id(number: u128) -> Uuid {
    Uuid::from_u128(0x2000 + number)
}

impl Books {
    fn opened() -> Self {
        let mut books = Self::default();
        books
            .on_account(AccountCommand::Open { patient_id: PATIENT })
            .expect("opened");
        books
    }

    /// An invoice or a charge, which may not exist.
    fn item(&self, number: u8) -> Item {
        if number.is_multiple_of(3) {
            Item::Charge(charge_id(u128::from(number) % (self.charges + 1)))
        } else {
            Item::Invoice(invoice_id(number % 4))
        }
    }

    fn new_id(&mut self) -> Uuid {
        self.entries += 1;
        Uuid::from_u128(0x3000 + self.entries)
    }

    /// Runs a command on the account and the resulting ones on invoices. An invoice must never refuse one that follows
    /// from an accepted command.
    fn on_account(&mut self, command: AccountCommand) -> Option<()> {
        for event in self.account.decide(command).ok()? {
            self.account.evolve(&event);
            self.note(&event);
            for (id, asked) in settlement::asked_of_invoices(&self.account, &event) {
                self.on_invoice(id, asked.clone())
                    .unwrap_or_else(|| panic!("an invoice refused {asked:?}"));
            }
        }
        Some(())
    }

    fn on_invoice(&mut self, id: Uuid, command: InvoiceCommand) -> Option<()> {
        let invoice = self.invoices.entry(id).or_default();
        for event in invoice.decide(command).ok()? {
            invoice.evolve(&event);
        }
        Some(())
    }

    fn note(&mut self, event: &AccountEvent) {
        let minor = |amount: Amount| i128::from(amount.money().minor());
        match event {
            AccountEvent::PaymentReceived(received) => {
                let payment = &received.payment;
                *self.received.entry(payment.reference.clone()).or_default() += minor(payment.amount);
            }
            AccountEvent::PaymentRefunded(refunded) => {
                let refund = &refunded.refund;
                *self.refunded.entry(refund.reference.clone()).or_default() += minor(refund.amount);
            }
            _ => {}
        }
    }

    /// Takes one step, or undoes it if any part of it is refused.
    fn step(&mut self, step: Step) {
        let before = self.clone();
        if self.attempt(step).is_none() {
            *self = before;
        }
        self.check();
    }

    fn attempt(&mut self, (deed, which, payment, minor): Step) -> Option<()> {
        let id = invoice_id(which % 4);
        let (paid, amount) = (reference(payment % 4), amount(minor));
        match deed % 14 {
            0 | 1 => self.issue(id, minor),
            2 => {
                self.charges += 1;
                self.on_account(AccountCommand::PostCharge(Charge {
                    charge_id: charge_id(self.charges),
                    invoice_id: None,
                    amount: taxed(minor),
                }))
            }
            3 | 4 => {
                self.invoices.get(&id)?.payable(amount).ok()?;
                let payment = self.payment(paid, Some(id), amount, Vec::new());
                self.on_account(if deed % 14 == 3 {
                    AccountCommand::ReceivePayment(payment)
                } else {
                    AccountCommand::InitiatePayment(payment)
                })
            }
            5 => self.settle(minor),
            6 | 7 => {
                let refund = Refund {
                    refund_id: self.new_id(),
                    reference: paid,
                    amount,
                    invoice_id: (deed % 14 == 6).then_some(id),
                };
                self.on_account(AccountCommand::RefundPayment(refund))
            }
            8 => self.credit(id, amount),
            9 => self.cancel(id),
            10 => self.lower(which, minor),
            11 => {
                let payment = self.payment(paid, None, amount, Vec::new());
                self.on_account(AccountCommand::ReceivePayment(payment))
            }
            12 => {
                let towards = [which, which.wrapping_add(1)].map(|number| Allocation {
                    item: self.item(number),
                    amount: self::amount(minor / 3 + 1),
                });
                let payment = self.payment(paid, None, amount, towards.to_vec());
                self.on_account(if which.is_multiple_of(2) {
                    AccountCommand::ReceivePayment(payment)
                } else {
                    AccountCommand::InitiatePayment(payment)
                })
            }
            _ => {
                let counted = self.account.allocations(&paid);
                let from = counted
                    .get(usize::from(which) % (counted.len() + 1))
                    .map(|one| one.item);
                let movement = Movement {
                    movement_id: self.new_id(),
                    reference: paid,
                    from,
                    to: (which < 200).then(|| self.item(which / 4)),
                    amount,
                };
                self.on_account(AccountCommand::MovePayment(movement))
            }
        }
    }

    fn payment(
        &self,
        reference: PaymentReference,
        invoice_id: Option<Uuid>,
        amount: Amount,
        towards: Vec<Allocation>,
    ) -> Payment {
        Payment {
            reference,
            invoice_id,
            amount,
            method: PaymentMethod::Card,
            towards: towards.into(),
        }
    }

    fn issue(&mut self, id: Uuid, minor: i64) -> Option<()> {
        let drafted = InvoiceDrafted {
            patient_id: PATIENT,
            currency: usd(),
            appointment_id: None,
        };
        let description = LineDescription::parse("Consultation").expect("a description");
        let rate = TaxRate::parse(100_000).expect("a rate");
        let line = InvoiceLine::parse(id, description, 1, amount(minor), rate).expect("a line");
        self.on_invoice(id, InvoiceCommand::Draft(drafted))?;
        self.on_invoice(id, InvoiceCommand::AddLine(line))?;
        self.on_invoice(id, InvoiceCommand::Issue)?;
        let charge = Charge {
            charge_id: id,
            invoice_id: Some(id),
            amount: self.invoices[&id].issued().expect("issued").amount,
        };
        self.on_account(AccountCommand::PostCharge(charge))
    }

    /// Settles the pending payment. Most payments succeed, some of them after credit notes and write-offs.
    fn settle(&mut self, minor: i64) -> Option<()> {
        let pending = self.account.pending_payment()?.clone();
        self.on_account(if minor % 4 == 0 {
            AccountCommand::FailPayment {
                reference: pending.reference,
            }
        } else {
            AccountCommand::ReceivePayment(pending)
        })
    }

    fn credit(&mut self, id: Uuid, amount: Amount) -> Option<()> {
        let credit_note_id = self.new_id();
        self.on_invoice(
            id,
            InvoiceCommand::IssueCreditNote {
                credit_note_id,
                amount,
                reason: None,
            },
        )?;
        let credited = self.invoices[&id].credit_notes()[&credit_note_id].amount;
        self.adjust(credit_note_id, AdjustmentKind::CreditNote, credited, Some(id))
    }

    fn cancel(&mut self, id: Uuid) -> Option<()> {
        let invoice = self.invoices.get(&id)?;
        let was_issued = invoice.status() == Some(InvoiceStatus::Issued);
        let charged = invoice.uncredited().filter(|_| was_issued);
        self.on_invoice(id, InvoiceCommand::Cancel { reason: None })?;
        match charged {
            Some(charged) => self.adjust(id, AdjustmentKind::CreditNote, charged, Some(id)),
            None => Some(()),
        }
    }

    /// Posts a write-off with or without an invoice, or a credit note without one.
    fn lower(&mut self, which: u8, minor: i64) -> Option<()> {
        let (id, amount) = (self.new_id(), TaxedAmount::untaxed(amount(minor)));
        match which % 3 {
            0 => self.adjust(id, AdjustmentKind::CreditNote, amount, None),
            1 => self.adjust(id, AdjustmentKind::WriteOff, amount, None),
            _ => self.adjust(id, AdjustmentKind::WriteOff, amount, Some(invoice_id(which % 4))),
        }
    }

    fn adjust(
        &mut self,
        adjustment_id: Uuid,
        kind: AdjustmentKind,
        amount: TaxedAmount,
        invoice_id: Option<Uuid>,
    ) -> Option<()> {
        self.on_account(AccountCommand::PostAdjustment(Adjustment {
            adjustment_id,
            kind,
            amount,
            invoice_id,
            reason: None,
        }))
    }

    fn check(&self) {
        for (id, invoice) in &self.invoices {
            let owed = self.account.owed_minor(Item::Invoice(*id));
            assert_eq!(
                invoice.open_minor(),
                owed,
                "invoice and account disagree on the amount owed"
            );
            match invoice.status() {
                Some(InvoiceStatus::Issued) => assert!(owed > 0),
                Some(InvoiceStatus::Balanced) => assert!(owed <= 0),
                Some(InvoiceStatus::Draft | InvoiceStatus::Cancelled) | None => assert_eq!(owed, 0),
            }
            for reference in self.account.payments() {
                let of_account = self.account.allocations(reference).iter();
                let mut of_account = of_account
                    .filter(|one| one.item == Item::Invoice(*id))
                    .map(|one| one.amount);
                assert_eq!(of_account.next_back(), invoice.allocations().get(reference).copied());
            }
        }
        let mut unallocated = 0;
        for reference in self.account.payments() {
            let (_, state) = self.account.payment(reference).expect("known");
            let received = self.received.get(reference).copied().unwrap_or_default();
            let refunded = self.refunded.get(reference).copied().unwrap_or_default();
            assert!(refunded <= received, "refunds exceed the payment");
            assert_eq!(received > 0, state == PaymentState::Captured);
            let allocations = self.account.allocations(reference).iter();
            let allocated: i128 = allocations.map(|one| i128::from(one.amount.money().minor())).sum();
            let rest = self.account.unallocated_minor(reference);
            assert!(rest >= 0, "allocations exceed the payment");
            assert_eq!(received, refunded + allocated + rest, "every cent is accounted for");
            unallocated += rest;
        }
        let owed: i128 = self.account.items().iter().map(|one| one.dues.owed_minor()).sum();
        let receivable = self.account.balance_minor(LedgerAccount::Receivable, usd());
        assert_eq!(owed - unallocated, receivable, "the items agree with the ledger");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(SEQUENCES))]

    #[test]
    fn invoice_and_account_agree_and_refunds_never_exceed_payments(
        steps in prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>(), 1_i64..120), 0..40),
    ) {
        let mut books = Books::opened();
        for step in steps {
            books.step(step);
        }
    }
}
