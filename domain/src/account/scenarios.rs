//! Scenarios of the account's rules.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::values::{Amount, Currency, Money, TaxedAmount};

const JOHN: Uuid = Uuid::from_u128(1);
const INVOICE: Uuid = Uuid::from_u128(2);

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").expect("a currency"))
}

fn amount(minor: i64) -> Amount {
    Amount::parse(usd(minor)).expect("an amount")
}

fn taxed(net: i64, tax: i64) -> TaxedAmount {
    TaxedAmount::parse(usd(net), usd(tax)).expect("an amount")
}

fn entry(postings: &[(LedgerAccount, i64)]) -> Entry {
    let posting = |(account, minor): &(LedgerAccount, i64)| Posting {
        account: *account,
        amount: usd(*minor),
    };
    Entry::parse(postings.iter().map(posting).collect()).expect("an entry")
}

fn reference(text: &str) -> PaymentReference {
    PaymentReference::parse(text).expect("a reference")
}

fn payment(text: &str, minor: i64) -> Payment {
    Payment {
        reference: reference(text),
        invoice_id: Some(INVOICE),
        amount: amount(minor),
        method: PaymentMethod::Card,
        towards: Allocations::default(),
    }
}

fn charge(id: u128, net: i64, tax: i64) -> Charge {
    Charge {
        charge_id: Uuid::from_u128(id),
        invoice_id: Some(INVOICE),
        amount: taxed(net, tax),
    }
}

fn refund(id: u128, text: &str, minor: i64) -> Refund {
    Refund {
        refund_id: Uuid::from_u128(id),
        reference: reference(text),
        amount: amount(minor),
        invoice_id: None,
    }
}

fn of_invoice(minor: i64) -> Allocations {
    let part = Allocation {
        item: Item::Invoice(INVOICE),
        amount: amount(minor),
    };
    vec![part].into()
}

fn adjustment(id: u128, kind: AdjustmentKind, net: i64, tax: i64) -> Adjustment {
    Adjustment {
        adjustment_id: Uuid::from_u128(id),
        kind,
        amount: taxed(net, tax),
        invoice_id: Some(INVOICE),
        reason: None,
    }
}

fn opened() -> AccountEvent {
    AccountEvent::Opened(AccountOpened { patient_id: JOHN })
}

/// A charge of 100.00 plus 8.88 tax.
fn charged() -> AccountEvent {
    AccountEvent::ChargePosted(ChargePosted {
        charge: charge(1, 10_000, 888),
        entry: entry(&[
            (LedgerAccount::Receivable, 10_888),
            (LedgerAccount::Revenue, -10_000),
            (LedgerAccount::TaxPayable, -888),
        ]),
    })
}

fn initiated(text: &str, minor: i64) -> AccountEvent {
    AccountEvent::PaymentInitiated(payment(text, minor))
}

fn received(text: &str, minor: i64) -> AccountEvent {
    AccountEvent::PaymentReceived(PaymentReceived {
        payment: payment(text, minor),
        entry: entry(&[(LedgerAccount::Cash, minor), (LedgerAccount::Receivable, -minor)]),
        // Of an overpayment, the invoice takes only its open amount.
        allocations: of_invoice(minor.min(10_888)),
    })
}

fn failed(text: &str) -> AccountEvent {
    AccountEvent::PaymentFailed(PaymentFailed {
        reference: reference(text),
    })
}

fn refunded(id: u128, text: &str, minor: i64) -> AccountEvent {
    AccountEvent::PaymentRefunded(PaymentRefunded {
        refund: refund(id, text, minor),
        entry: entry(&[(LedgerAccount::Receivable, minor), (LedgerAccount::Cash, -minor)]),
        released: of_invoice(minor),
    })
}

fn given(events: Vec<AccountEvent>) -> AggregateTestExecutor<Account> {
    TestFramework::with(()).given(events)
}

#[test]
fn a_patient_has_one_account() {
    given(vec![])
        .when(AccountCommand::Open { patient_id: JOHN })
        .then_expect_events(vec![opened()]);
    given(vec![opened()])
        .when(AccountCommand::Open { patient_id: JOHN })
        .then_expect_error(AccountRefusal::AlreadyOpened);
    given(vec![])
        .when(AccountCommand::PostCharge(charge(1, 10_000, 888)))
        .then_expect_error(AccountRefusal::Unknown);
}

#[test]
fn a_charge_posts_receivable_revenue_and_tax() {
    given(vec![opened()])
        .when(AccountCommand::PostCharge(charge(1, 10_000, 888)))
        .then_expect_events(vec![charged()]);
}

#[test]
fn repeating_a_charge_changes_nothing() {
    given(vec![opened(), charged()])
        .when(AccountCommand::PostCharge(charge(1, 10_000, 888)))
        .then_expect_events(vec![]);
    given(vec![opened(), charged()])
        .when(AccountCommand::PostCharge(charge(1, 10_001, 888)))
        .then_expect_error(AccountRefusal::IdUsed);
}

#[test]
fn a_full_account_takes_what_settles_it_and_no_charge() {
    let charges = |count: usize| {
        let posted = |id| {
            let AccountEvent::ChargePosted(first) = charged() else {
                unreachable!("a charge")
            };
            let charge = charge(id, 10_000, 888);
            AccountEvent::ChargePosted(ChargePosted { charge, ..first })
        };
        let charges = (1..).take(count).map(posted);
        std::iter::once(opened()).chain(charges).collect::<Vec<_>>()
    };
    let new = || charge(1_000_000, 10_000, 888);
    let full = charges(Account::MOST_ENTRIES);
    given(full.clone())
        .when(AccountCommand::PostCharge(new()))
        .then_expect_error(AccountRefusal::TooManyEntries);
    given(full.clone())
        .when(AccountCommand::PostCharge(charge(1, 10_000, 888)))
        .then_expect_events(vec![]);
    given(full)
        .when(AccountCommand::ReceivePayment(payment("p-1", 10_888)))
        .then_expect_events(vec![received("p-1", 10_888)]);
    let mut over = charges(Account::MOST_ENTRIES + Account::MOST_SETTLING_ENTRIES - 1);
    over.push(initiated("p-1", 10_888));
    given(over.clone())
        .when(AccountCommand::ReceivePayment(payment("p-1", 10_888)))
        .then_expect_events(vec![received("p-1", 10_888)]);
    over.push(received("p-1", 10_888));
    given(over)
        .when(AccountCommand::ReceivePayment(payment("p-2", 10_888)))
        .then_expect_error(AccountRefusal::TooManyEntries);
}

#[test]
fn a_payment_is_allocated_to_at_most_100_items() {
    let posted = |id| {
        AccountEvent::ChargePosted(ChargePosted {
            charge: Charge {
                invoice_id: None,
                ..charge(id, 10, 0)
            },
            entry: entry(&[(LedgerAccount::Receivable, 10), (LedgerAccount::Revenue, -10)]),
        })
    };
    let history: Vec<AccountEvent> = std::iter::once(opened()).chain((1..=101).map(posted)).collect();
    let paid_to = |named: u128| {
        let part = |id| Allocation {
            item: Item::Charge(Uuid::from_u128(id)),
            amount: amount(10),
        };
        Payment {
            invoice_id: None,
            towards: (1..=named).map(part).collect::<Vec<_>>().into(),
            ..payment("p-1", 1_010)
        }
    };
    given(history.clone())
        .when(AccountCommand::ReceivePayment(paid_to(101)))
        .then_expect_error(AccountRefusal::TooManyAllocations);
    let mut account = Account::default();
    history.iter().for_each(|event| account.evolve(event));
    for named in [0, 100] {
        let events = account.decide(AccountCommand::ReceivePayment(paid_to(named)));
        let Ok([AccountEvent::PaymentReceived(received)]) = events.as_deref() else {
            panic!("{events:?}");
        };
        assert_eq!(received.allocations.len(), 100, "the rest stays unallocated");
    }
}

#[test]
fn a_payment_moves_the_receivable_to_cash() {
    given(vec![opened(), charged()])
        .when(AccountCommand::ReceivePayment(payment("p-1", 10_888)))
        .then_expect_events(vec![received("p-1", 10_888)]);
}

#[test]
fn a_payment_is_recorded_once_under_its_reference() {
    given(vec![opened(), charged(), received("p-1", 5_000)])
        .when(AccountCommand::ReceivePayment(payment("p-1", 5_000)))
        .then_expect_events(vec![]);
    given(vec![opened(), charged(), received("p-1", 5_000)])
        .when(AccountCommand::InitiatePayment(payment("p-1", 5_000)))
        .then_expect_events(vec![]);
    given(vec![opened(), charged(), received("p-1", 5_000)])
        .when(AccountCommand::ReceivePayment(payment("p-1", 5_001)))
        .then_expect_error(AccountRefusal::ReferenceUsed);
}

#[test]
fn an_unknown_outcome_blocks_a_second_attempt() {
    let unknown = || given(vec![opened(), charged(), initiated("p-1", 10_888)]);
    unknown()
        .when(AccountCommand::InitiatePayment(payment("p-2", 10_888)))
        .then_expect_error(AccountRefusal::PaymentPending);
    unknown()
        .when(AccountCommand::ReceivePayment(payment("cash-1", 10_888)))
        .then_expect_error(AccountRefusal::PaymentPending);
    unknown()
        .when(AccountCommand::InitiatePayment(payment("p-1", 10_888)))
        .then_expect_events(vec![]);
    unknown()
        .when(AccountCommand::Close)
        .then_expect_error(AccountRefusal::PaymentPending);
}

#[test]
fn a_known_outcome_allows_the_next_attempt() {
    given(vec![opened(), charged(), initiated("p-1", 10_888)])
        .when(AccountCommand::ReceivePayment(payment("p-1", 10_888)))
        .then_expect_events(vec![received("p-1", 10_888)]);
    given(vec![opened(), charged(), initiated("p-1", 10_888)])
        .when(AccountCommand::FailPayment {
            reference: reference("p-1"),
        })
        .then_expect_events(vec![failed("p-1")]);
    let after_failure = || given(vec![opened(), charged(), initiated("p-1", 10_888), failed("p-1")]);
    after_failure()
        .when(AccountCommand::InitiatePayment(payment("p-2", 10_888)))
        .then_expect_events(vec![initiated("p-2", 10_888)]);
    after_failure()
        .when(AccountCommand::InitiatePayment(payment("p-1", 10_888)))
        .then_expect_error(AccountRefusal::PaymentFailed);
    after_failure()
        .when(AccountCommand::FailPayment {
            reference: reference("p-1"),
        })
        .then_expect_events(vec![]);
}

#[test]
fn money_received_after_a_recorded_failure_is_recorded() {
    given(vec![opened(), charged(), initiated("p-1", 10_888), failed("p-1")])
        .when(AccountCommand::ReceivePayment(payment("p-1", 10_888)))
        .then_expect_events(vec![received("p-1", 10_888)]);
}

#[test]
fn only_an_attempt_can_fail() {
    given(vec![opened(), charged()])
        .when(AccountCommand::FailPayment {
            reference: reference("p-1"),
        })
        .then_expect_error(AccountRefusal::UnknownPayment);
    given(vec![opened(), charged(), received("p-1", 10_888)])
        .when(AccountCommand::FailPayment {
            reference: reference("p-1"),
        })
        .then_expect_error(AccountRefusal::PaymentCaptured);
}

#[test]
fn a_refund_gives_money_back() {
    given(vec![opened(), charged(), received("p-1", 10_888)])
        .when(AccountCommand::RefundPayment(refund(1, "p-1", 10_888)))
        .then_expect_events(vec![refunded(1, "p-1", 10_888)]);
}

#[test]
fn refunds_never_exceed_the_payment() {
    let partly_refunded = || {
        given(vec![
            opened(),
            charged(),
            received("p-1", 10_000),
            refunded(1, "p-1", 6_000),
        ])
    };
    partly_refunded()
        .when(AccountCommand::RefundPayment(refund(2, "p-1", 4_000)))
        .then_expect_events(vec![refunded(2, "p-1", 4_000)]);
    partly_refunded()
        .when(AccountCommand::RefundPayment(refund(2, "p-1", 4_001)))
        .then_expect_error(AccountRefusal::RefundExceedsCaptured);
    partly_refunded()
        .when(AccountCommand::RefundPayment(refund(1, "p-1", 6_000)))
        .then_expect_events(vec![]);
    partly_refunded()
        .when(AccountCommand::RefundPayment(refund(1, "p-1", 1)))
        .then_expect_error(AccountRefusal::IdUsed);
}

#[test]
fn only_a_captured_payment_is_refunded_in_its_currency() {
    given(vec![opened(), charged()])
        .when(AccountCommand::RefundPayment(refund(1, "p-1", 1)))
        .then_expect_error(AccountRefusal::UnknownPayment);
    given(vec![opened(), charged(), initiated("p-1", 100)])
        .when(AccountCommand::RefundPayment(refund(1, "p-1", 1)))
        .then_expect_error(AccountRefusal::PaymentPending);
    given(vec![opened(), charged(), initiated("p-1", 100), failed("p-1")])
        .when(AccountCommand::RefundPayment(refund(1, "p-1", 1)))
        .then_expect_error(AccountRefusal::PaymentFailed);
    let euros = Money::new(1, Currency::parse("EUR").expect("a currency"));
    given(vec![opened(), charged(), received("p-1", 100)])
        .when(AccountCommand::RefundPayment(Refund {
            amount: Amount::parse(euros).expect("an amount"),
            ..refund(1, "p-1", 1)
        }))
        .then_expect_error(AccountRefusal::RefundInAnotherCurrency);
}

#[test]
fn a_credit_note_reverses_revenue_and_tax() {
    let wanted = adjustment(1, AdjustmentKind::CreditNote, 5_000, 444);
    given(vec![opened(), charged()])
        .when(AccountCommand::PostAdjustment(wanted.clone()))
        .then_expect_events(vec![AccountEvent::AdjustmentPosted(AdjustmentPosted {
            allocations: Allocations::default(),
            adjustment: wanted,
            entry: entry(&[
                (LedgerAccount::Revenue, 5_000),
                (LedgerAccount::TaxPayable, 444),
                (LedgerAccount::Receivable, -5_444),
            ]),
        })]);
}

#[test]
fn credit_without_an_invoice_never_exceeds_charges_without_one() {
    let wanted = |id, net, tax| Adjustment {
        invoice_id: None,
        ..adjustment(id, AdjustmentKind::CreditNote, net, tax)
    };
    let charge_of = |invoice_id| {
        let charge = Charge {
            invoice_id,
            ..charge(1, 10_000, 888)
        };
        let entry = Entry::of_charge(charge.amount).expect("an entry");
        AccountEvent::ChargePosted(ChargePosted { charge, entry })
    };
    let credited = |wanted: &Adjustment| {
        AccountEvent::AdjustmentPosted(AdjustmentPosted {
            adjustment: wanted.clone(),
            entry: Entry::of_credit_note(wanted.amount).expect("an entry"),
            allocations: vec![Allocation {
                item: Item::Charge(Uuid::from_u128(1)),
                amount: Amount::parse(wanted.amount.total()).expect("an amount"),
            }]
            .into(),
        })
    };
    let (all, half) = (wanted(1, 10_000, 888), wanted(1, 5_000, 444));
    given(vec![opened(), charge_of(None)])
        .when(AccountCommand::PostAdjustment(all.clone()))
        .then_expect_events(vec![credited(&all)]);
    for too_much in [wanted(2, 5_001, 444), wanted(2, 5_000, 445)] {
        given(vec![opened(), charge_of(None), credited(&half)])
            .when(AccountCommand::PostAdjustment(too_much))
            .then_expect_error(AccountRefusal::CreditExceedsCharges);
    }
    given(vec![opened(), charge_of(Some(INVOICE))])
        .when(AccountCommand::PostAdjustment(half))
        .then_expect_error(AccountRefusal::CreditExceedsCharges);
}

#[test]
fn write_offs_never_exceed_the_amount_owed() {
    let wanted = adjustment(1, AdjustmentKind::WriteOff, 10_888, 0);
    let posted = AccountEvent::AdjustmentPosted(AdjustmentPosted {
        adjustment: wanted.clone(),
        allocations: Allocations::default(),
        entry: entry(&[(LedgerAccount::WriteOffs, 10_888), (LedgerAccount::Receivable, -10_888)]),
    });
    given(vec![opened(), charged()])
        .when(AccountCommand::PostAdjustment(wanted.clone()))
        .then_expect_events(vec![posted.clone()]);
    given(vec![opened(), charged()])
        .when(AccountCommand::PostAdjustment(adjustment(
            1,
            AdjustmentKind::WriteOff,
            10_889,
            0,
        )))
        .then_expect_error(AccountRefusal::WriteOffExceedsDebt);
    given(vec![opened(), charged(), posted.clone()])
        .when(AccountCommand::PostAdjustment(wanted))
        .then_expect_events(vec![]);
    given(vec![opened(), charged(), posted])
        .when(AccountCommand::PostAdjustment(adjustment(
            1,
            AdjustmentKind::WriteOff,
            1,
            0,
        )))
        .then_expect_error(AccountRefusal::IdUsed);
}

#[test]
fn closing_needs_a_zero_balance() {
    given(vec![opened()])
        .when(AccountCommand::Close)
        .then_expect_events(vec![AccountEvent::Closed(Bare {})]);
    given(vec![opened(), charged()])
        .when(AccountCommand::Close)
        .then_expect_error(AccountRefusal::NotBalanced);
    given(vec![opened(), charged(), received("p-1", 10_889)])
        .when(AccountCommand::Close)
        .then_expect_error(AccountRefusal::NotBalanced);
    given(vec![opened(), charged(), received("p-1", 10_888)])
        .when(AccountCommand::Close)
        .then_expect_events(vec![AccountEvent::Closed(Bare {})]);
}

#[test]
fn a_closed_account_refuses_entries() {
    let closed = || given(vec![opened(), AccountEvent::Closed(Bare {})]);
    closed()
        .when(AccountCommand::PostCharge(charge(1, 1, 0)))
        .then_expect_error(AccountRefusal::Closed);
    closed()
        .when(AccountCommand::ReceivePayment(payment("p-1", 1)))
        .then_expect_error(AccountRefusal::Closed);
    closed().when(AccountCommand::Close).then_expect_events(vec![]);
}

#[test]
fn only_a_received_payment_gives_proof_for_its_invoice() {
    let mut account = Account::default();
    for event in [opened(), charged(), initiated("p-1", 10_888)] {
        account.evolve(&event);
    }
    let captured = |account: &Account, text: &str, invoice| account.captured(&reference(text), invoice);
    assert_eq!(captured(&account, "p-1", INVOICE), Err(AccountRefusal::PaymentPending));
    assert_eq!(captured(&account, "p-2", INVOICE), Err(AccountRefusal::UnknownPayment));
    account.evolve(&received("p-1", 10_888));
    let proof = captured(&account, "p-1", INVOICE).expect("received");
    assert_eq!((proof.reference(), proof.amount()), (&reference("p-1"), amount(10_888)));
    let another = Uuid::from_u128(99);
    assert_eq!(
        captured(&account, "p-1", another),
        Err(AccountRefusal::PaymentForAnotherInvoice)
    );
    let usd = usd(0).currency();
    assert_eq!(account.balance_minor(LedgerAccount::Receivable, usd), 0);
    assert_eq!(account.balance_minor(LedgerAccount::Cash, usd), 10_888);
    assert_eq!(account.balances().iter().map(|balance| balance.minor).sum::<i128>(), 0);
}
