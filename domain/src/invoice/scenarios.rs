//! Scenarios of the invoice's rules.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::*;
use crate::{
    account::{Account, AccountEvent, AccountOpened, Allocations, Entry, Payment, PaymentMethod, PaymentReceived},
    values::{Currency, LineDescription, Money, PaymentReference, Price, TaxRate, TaxedAmount},
};

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

fn line(id: u128, quantity: u32, minor: i64, ppm: u32) -> InvoiceLine {
    let description = LineDescription::parse("Consultation").expect("a description");
    let rate = TaxRate::parse(ppm).expect("a rate");
    InvoiceLine::parse(Uuid::from_u128(id), description, quantity, amount(minor), rate).expect("a line")
}

/// Proof of a payment received for the invoice.
fn captured(reference: &str, minor: i64) -> CapturedPayment {
    let reference = PaymentReference::parse(reference).expect("a reference");
    let mut account = Account::default();
    account.evolve(&AccountEvent::Opened(AccountOpened { patient_id: JOHN }));
    account.evolve(&AccountEvent::PaymentReceived(PaymentReceived {
        payment: Payment {
            reference: reference.clone(),
            invoice_id: Some(INVOICE),
            amount: amount(minor),
            method: PaymentMethod::Card,
            towards: Allocations::default(),
        },
        entry: Entry::parse(vec![]).expect("an entry"),
        allocations: Allocations::default(),
    }));
    account.captured(&reference, INVOICE).expect("received")
}

fn drafting() -> InvoiceDrafted {
    InvoiceDrafted {
        patient_id: JOHN,
        currency: usd(0).currency(),
        appointment_id: None,
    }
}

fn drafted() -> InvoiceEvent {
    InvoiceEvent::Drafted(drafting())
}

fn added(line: InvoiceLine) -> InvoiceEvent {
    InvoiceEvent::LineAdded(line)
}

fn issued(lines: &[(u128, i64, i64)]) -> InvoiceEvent {
    let (net, tax) = lines
        .iter()
        .fold((0, 0), |(net, tax), line| (net + line.1, tax + line.2));
    let of_line = |(id, net, tax): &(u128, i64, i64)| IssuedLine {
        line_id: Uuid::from_u128(*id),
        amount: taxed(*net, *tax),
    };
    InvoiceEvent::Issued(InvoiceIssued {
        lines: lines.iter().map(of_line).collect(),
        amount: taxed(net, tax),
    })
}

/// An invoice of 100.00 plus 10.00 tax.
fn one_hundred_and_ten() -> Vec<InvoiceEvent> {
    vec![
        drafted(),
        added(line(1, 1, 10_000, 100_000)),
        issued(&[(1, 10_000, 1_000)]),
    ]
}

fn allocated(reference: &str, minor: i64) -> InvoiceEvent {
    InvoiceEvent::PaymentAllocated(PaymentAllocated {
        reference: PaymentReference::parse(reference).expect("a reference"),
        amount: amount(minor),
        movement_id: None,
    })
}

fn releasing(movement: u128, reference: &str, minor: i64) -> PaymentReleased {
    PaymentReleased {
        movement_id: Uuid::from_u128(movement),
        reference: PaymentReference::parse(reference).expect("a reference"),
        amount: amount(minor),
    }
}

fn released(movement: u128, reference: &str, minor: i64) -> InvoiceEvent {
    InvoiceEvent::PaymentReleased(releasing(movement, reference, minor))
}

fn written_off(id: u128, minor: i64) -> InvoiceEvent {
    InvoiceEvent::WrittenOff(writing_off(id, minor))
}

fn writing_off(id: u128, minor: i64) -> WrittenOff {
    WrittenOff {
        adjustment_id: Uuid::from_u128(id),
        amount: amount(minor),
    }
}

fn reopened() -> InvoiceEvent {
    InvoiceEvent::Reopened(Bare {})
}

fn credited(id: u128, net: i64, tax: i64) -> InvoiceEvent {
    InvoiceEvent::CreditNoteIssued(CreditNote {
        credit_note_id: Uuid::from_u128(id),
        amount: taxed(net, tax),
        reason: None,
    })
}

fn balanced() -> InvoiceEvent {
    InvoiceEvent::Balanced(Bare {})
}

fn cancelled() -> InvoiceEvent {
    InvoiceEvent::Cancelled(InvoiceCancelled { reason: None })
}

fn allocate(reference: &str, received: i64, minor: i64) -> InvoiceCommand {
    InvoiceCommand::AllocatePayment {
        payment: captured(reference, received),
        amount: amount(minor),
        movement_id: None,
    }
}

fn credit(id: u128, minor: i64) -> InvoiceCommand {
    InvoiceCommand::IssueCreditNote {
        credit_note_id: Uuid::from_u128(id),
        amount: amount(minor),
        reason: None,
    }
}

fn given(events: &[InvoiceEvent]) -> AggregateTestExecutor<Invoice> {
    TestFramework::with(()).given(events.to_vec())
}

fn issued_and(more: &[InvoiceEvent]) -> AggregateTestExecutor<Invoice> {
    given(&[one_hundred_and_ten(), more.to_vec()].concat())
}

#[test]
fn refuses_to_draft_an_invoice_twice() {
    given(&[])
        .when(InvoiceCommand::Draft(drafting()))
        .then_expect_events(vec![drafted()]);
    given(&[drafted()])
        .when(InvoiceCommand::Draft(drafting()))
        .then_expect_error(InvoiceRefusal::AlreadyDrafted);
    given(&[])
        .when(InvoiceCommand::Issue)
        .then_expect_error(InvoiceRefusal::Unknown);
}

#[test]
fn each_line_is_added_to_a_draft_once() {
    let first = line(1, 1, 10_000, 100_000);
    given(&[drafted()])
        .when(InvoiceCommand::AddLine(first.clone()))
        .then_expect_events(vec![added(first.clone())]);
    given(&[drafted(), added(first.clone())])
        .when(InvoiceCommand::AddLine(first.clone()))
        .then_expect_events(vec![]);
    given(&[drafted(), added(first)])
        .when(InvoiceCommand::AddLine(line(1, 2, 10_000, 100_000)))
        .then_expect_error(InvoiceRefusal::IdUsed);
}

#[test]
fn an_invoice_has_one_currency_and_a_bounded_total() {
    let yen = Amount::parse(Money::new(100, Currency::parse("JPY").expect("a currency"))).expect("an amount");
    let description = LineDescription::parse("Consultation").expect("a description");
    let foreign = InvoiceLine::parse(JOHN, description, 1, yen, TaxRate::ZERO).expect("a line");
    given(&[drafted()])
        .when(InvoiceCommand::AddLine(foreign))
        .then_expect_error(InvoiceRefusal::AnotherCurrency);
    let lines = (0..200).map(|id| added(line(id, 1, 1, 0)));
    let full: Vec<InvoiceEvent> = [drafted()].into_iter().chain(lines).collect();
    given(&full)
        .when(InvoiceCommand::AddLine(line(200, 1, 1, 0)))
        .then_expect_error(InvoiceRefusal::TooManyLines);
    given(&[
        drafted(),
        added(line(1, 1, Amount::MOST_MINOR, 0)),
        added(line(2, 1, 1, 0)),
    ])
    .when(InvoiceCommand::Issue)
    .then_expect_error(InvoiceRefusal::TooLarge);
}

#[test]
fn refuses_to_issue_an_invoice_without_lines() {
    given(&[drafted()])
        .when(InvoiceCommand::Issue)
        .then_expect_error(InvoiceRefusal::NoLines);
}

#[test]
fn a_line_may_be_free_but_the_invoice_may_not() {
    let free = || {
        let description = LineDescription::parse("Follow-up").expect("a description");
        let price = Price::parse(usd(0)).expect("a price");
        InvoiceLine::parse(Uuid::from_u128(2), description, 1, price, TaxRate::ZERO).expect("a line")
    };
    given(&[drafted(), added(line(1, 1, 10_000, 100_000)), added(free())])
        .when(InvoiceCommand::Issue)
        .then_expect_events(vec![InvoiceEvent::Issued(InvoiceIssued {
            lines: vec![
                IssuedLine {
                    line_id: Uuid::from_u128(1),
                    amount: taxed(10_000, 1_000),
                },
                IssuedLine {
                    line_id: Uuid::from_u128(2),
                    amount: TaxedAmount::of_line(usd(0), usd(0)).expect("nothing"),
                },
            ],
            amount: taxed(10_000, 1_000),
        })]);
    given(&[drafted(), added(free())])
        .when(InvoiceCommand::Issue)
        .then_expect_error(InvoiceRefusal::ComesToNothing);
}

#[test]
fn tax_is_computed_once_and_the_remainder_goes_to_the_largest_fraction() {
    // The exact taxes are 0.4, 0.4 and 0.6 cents. Their sum of 1.4 cents rounds to 1 cent. Rounding each line would
    // give the same, but with twelve lines of 0.4 cents it would drop all of the 4.8 cents.
    given(&[
        drafted(),
        added(line(1, 1, 4, 100_000)),
        added(line(2, 1, 4, 100_000)),
        added(line(3, 1, 6, 100_000)),
    ])
    .when(InvoiceCommand::Issue)
    .then_expect_events(vec![issued(&[(1, 4, 0), (2, 4, 0), (3, 6, 1)])]);
    let many = (1..=12).map(|id| added(line(id, 1, 4, 100_000)));
    let many: Vec<InvoiceEvent> = [drafted()].into_iter().chain(many).collect();
    let shares: Vec<(u128, i64, i64)> = (1..=12).map(|id| (id, 4, i64::from(id <= 5))).collect();
    given(&many)
        .when(InvoiceCommand::Issue)
        .then_expect_events(vec![issued(&shares)]);
}

#[test]
fn lines_can_be_taxed_at_different_rates() {
    given(&[
        drafted(),
        added(line(1, 2, 5_000, 88_750)),
        added(line(2, 1, 2_000, 0)),
        added(line(3, 3, 333, 200_000)),
    ])
    .when(InvoiceCommand::Issue)
    .then_expect_events(vec![issued(&[(1, 10_000, 887), (2, 2_000, 0), (3, 999, 200)])]);
}

#[test]
fn an_issued_invoice_is_immutable() {
    issued_and(&[])
        .when(InvoiceCommand::AddLine(line(2, 1, 1, 0)))
        .then_expect_error(InvoiceRefusal::InStatus(InvoiceStatus::Issued));
    issued_and(&[]).when(InvoiceCommand::Issue).then_expect_events(vec![]);
}

#[test]
fn payments_balance_an_invoice() {
    issued_and(&[])
        .when(allocate("p-1", 5_000, 5_000))
        .then_expect_events(vec![allocated("p-1", 5_000)]);
    issued_and(&[allocated("p-1", 5_000)])
        .when(allocate("p-2", 6_000, 6_000))
        .then_expect_events(vec![allocated("p-2", 6_000), balanced()]);
}

#[test]
fn allocations_never_exceed_the_open_amount_or_the_payment() {
    issued_and(&[allocated("p-1", 5_000)])
        .when(allocate("p-2", 7_000, 6_001))
        .then_expect_error(InvoiceRefusal::ExceedsOpen);
    issued_and(&[])
        .when(allocate("p-1", 5_000, 5_001))
        .then_expect_error(InvoiceRefusal::ExceedsPayment);
    issued_and(&[allocated("p-1", 11_000), balanced()])
        .when(allocate("p-2", 1, 1))
        .then_expect_error(InvoiceRefusal::ExceedsOpen);
}

#[test]
fn repeating_an_allocation_changes_nothing() {
    issued_and(&[allocated("p-1", 5_000)])
        .when(allocate("p-1", 5_000, 5_000))
        .then_expect_events(vec![]);
    issued_and(&[allocated("p-1", 5_000)])
        .when(allocate("p-1", 5_000, 4_000))
        .then_expect_error(InvoiceRefusal::ReferenceUsed);
}

#[test]
fn refuses_allocations_to_drafts_and_cancelled_invoices() {
    given(&[drafted()])
        .when(allocate("p-1", 1, 1))
        .then_expect_error(InvoiceRefusal::InStatus(InvoiceStatus::Draft));
    issued_and(&[cancelled()])
        .when(allocate("p-1", 1, 1))
        .then_expect_error(InvoiceRefusal::InStatus(InvoiceStatus::Cancelled));
}

#[test]
fn a_credit_note_credits_tax_in_proportion_and_the_last_one_the_rest() {
    issued_and(&[])
        .when(credit(1, 5_500))
        .then_expect_events(vec![credited(1, 5_000, 500)]);
    issued_and(&[])
        .when(credit(1, 1))
        .then_expect_events(vec![credited(1, 1, 0)]);
    issued_and(&[credited(1, 1, 0)])
        .when(credit(2, 10_999))
        .then_expect_events(vec![credited(2, 9_999, 1_000), balanced()]);
}

#[test]
fn credit_notes_never_exceed_the_charged_amount() {
    issued_and(&[])
        .when(credit(1, 11_001))
        .then_expect_error(InvoiceRefusal::ExceedsCharged);
    issued_and(&[credited(1, 5_000, 500)])
        .when(credit(2, 5_501))
        .then_expect_error(InvoiceRefusal::ExceedsCharged);
    issued_and(&[credited(1, 10_000, 1_000), balanced()])
        .when(credit(2, 1))
        .then_expect_error(InvoiceRefusal::ExceedsCharged);
}

#[test]
fn an_invoice_has_at_most_200_credit_notes() {
    let notes: Vec<InvoiceEvent> = (1..=200).map(|id| credited(id, 1, 0)).collect();
    issued_and(&notes)
        .when(credit(201, 1))
        .then_expect_error(InvoiceRefusal::TooManyCreditNotes);
    issued_and(&notes).when(credit(200, 1)).then_expect_events(vec![]);
}

#[test]
fn a_credit_note_corrects_a_paid_invoice_and_shows_the_overpayment() {
    issued_and(&[allocated("p-1", 11_000), balanced()])
        .when(credit(1, 1_100))
        .then_expect_events(vec![credited(1, 1_000, 100)]);
    let mut invoice = Invoice::default();
    for event in one_hundred_and_ten() {
        invoice.evolve(&event);
    }
    assert_eq!(invoice.open_minor(), 11_000);
    invoice.evolve(&allocated("p-1", 11_000));
    invoice.evolve(&credited(1, 1_000, 100));
    assert_eq!(invoice.open_minor(), -1_100);
    assert_eq!(invoice.uncredited(), Some(taxed(9_000, 900)));
}

#[test]
fn repeating_a_credit_note_changes_nothing() {
    issued_and(&[credited(1, 5_000, 500)])
        .when(credit(1, 5_500))
        .then_expect_events(vec![]);
    issued_and(&[credited(1, 5_000, 500)])
        .when(credit(1, 5_499))
        .then_expect_error(InvoiceRefusal::IdUsed);
    given(&[drafted()])
        .when(credit(1, 1))
        .then_expect_error(InvoiceRefusal::InStatus(InvoiceStatus::Draft));
}

#[test]
fn a_draft_and_an_unpaid_invoice_can_be_cancelled() {
    let cancel = || InvoiceCommand::Cancel { reason: None };
    given(&[drafted()]).when(cancel()).then_expect_events(vec![cancelled()]);
    issued_and(&[]).when(cancel()).then_expect_events(vec![cancelled()]);
    issued_and(&[cancelled()]).when(cancel()).then_expect_events(vec![]);
    issued_and(&[allocated("p-1", 1)])
        .when(cancel())
        .then_expect_error(InvoiceRefusal::PaymentsAllocated);
    issued_and(&[allocated("p-1", 11_000), balanced()])
        .when(cancel())
        .then_expect_error(InvoiceRefusal::InStatus(InvoiceStatus::Balanced));
    issued_and(&[cancelled()])
        .when(InvoiceCommand::Issue)
        .then_expect_error(InvoiceRefusal::InStatus(InvoiceStatus::Cancelled));
}

#[test]
fn a_cancelled_invoice_keeps_its_reason() {
    let for_reason = |text: &str| Some(Reason::parse(text).expect("a reason"));
    let cancelled = InvoiceEvent::Cancelled(InvoiceCancelled {
        reason: for_reason("wrong patient"),
    });
    for reason in [None, for_reason("wrong patient")] {
        issued_and(std::slice::from_ref(&cancelled))
            .when(InvoiceCommand::Cancel { reason })
            .then_expect_events(vec![]);
    }
    issued_and(&[cancelled])
        .when(InvoiceCommand::Cancel {
            reason: for_reason("duplicate"),
        })
        .then_expect_error(InvoiceRefusal::AnotherReason);
}

#[test]
fn the_payable_amount_is_checked_before_payment() {
    let mut invoice = Invoice::default();
    assert_eq!(invoice.payable(amount(1)), Err(InvoiceRefusal::Unknown));
    for event in one_hundred_and_ten() {
        invoice.evolve(&event);
    }
    assert_eq!(invoice.payable(amount(11_000)), Ok(()));
    assert_eq!(invoice.payable(amount(11_001)), Err(InvoiceRefusal::ExceedsOpen));
    let yen = Amount::parse(Money::new(1, Currency::parse("JPY").expect("a currency"))).expect("an amount");
    assert_eq!(invoice.payable(yen), Err(InvoiceRefusal::AnotherCurrency));
    invoice.evolve(&cancelled());
    assert_eq!(
        invoice.payable(amount(1)),
        Err(InvoiceRefusal::InStatus(InvoiceStatus::Cancelled))
    );
}

#[test]
fn released_money_reopens_the_invoice() {
    let release = |minor| InvoiceCommand::ReleasePayment(releasing(1, "p-1", minor));
    let paid = || issued_and(&[allocated("p-1", 11_000), balanced()]);
    paid()
        .when(release(11_000))
        .then_expect_events(vec![released(1, "p-1", 11_000), reopened()]);
    let given_back = [
        allocated("p-1", 11_000),
        balanced(),
        released(1, "p-1", 11_000),
        reopened(),
    ];
    issued_and(&given_back)
        .when(allocate("p-2", 11_000, 11_000))
        .then_expect_events(vec![allocated("p-2", 11_000), balanced()]);
    issued_and(&given_back)
        .when(InvoiceCommand::Cancel { reason: None })
        .then_expect_events(vec![cancelled()]);
    issued_and(&given_back).when(release(11_000)).then_expect_events(vec![]);
    issued_and(&given_back)
        .when(release(1))
        .then_expect_error(InvoiceRefusal::IdUsed);
    issued_and(&[allocated("p-1", 5_000)])
        .when(release(4_000))
        .then_expect_events(vec![released(1, "p-1", 4_000)]);
}

#[test]
fn releases_never_exceed_the_allocation() {
    let release = InvoiceCommand::ReleasePayment(releasing(1, "p-1", 5_001));
    issued_and(&[allocated("p-1", 5_000)])
        .when(release.clone())
        .then_expect_error(InvoiceRefusal::ExceedsAllocated);
    issued_and(&[])
        .when(release)
        .then_expect_error(InvoiceRefusal::ExceedsAllocated);
}

#[test]
fn releasing_an_overpayment_does_not_reopen_the_invoice() {
    issued_and(&[allocated("p-1", 11_000), balanced(), credited(1, 10_000, 1_000)])
        .when(InvoiceCommand::ReleasePayment(releasing(1, "p-1", 11_000)))
        .then_expect_events(vec![released(1, "p-1", 11_000)]);
}

#[test]
fn each_movement_allocates_once_beside_the_payment() {
    let moved = |minor| InvoiceCommand::AllocatePayment {
        payment: captured("p-1", 11_000),
        amount: amount(minor),
        movement_id: Some(Uuid::from_u128(7)),
    };
    let moved_here = InvoiceEvent::PaymentAllocated(PaymentAllocated {
        reference: PaymentReference::parse("p-1").expect("a reference"),
        amount: amount(4_000),
        movement_id: Some(Uuid::from_u128(7)),
    });
    issued_and(&[allocated("p-1", 4_000)])
        .when(moved(4_000))
        .then_expect_events(vec![moved_here.clone()]);
    issued_and(&[allocated("p-1", 4_000), moved_here.clone()])
        .when(moved(4_000))
        .then_expect_events(vec![]);
    issued_and(&[allocated("p-1", 4_000), moved_here])
        .when(moved(1))
        .then_expect_error(InvoiceRefusal::IdUsed);
}

#[test]
fn a_write_off_lowers_the_open_amount_and_prevents_cancellation() {
    let write_off = |minor| InvoiceCommand::WriteOff(writing_off(1, minor));
    issued_and(&[])
        .when(write_off(11_000))
        .then_expect_events(vec![written_off(1, 11_000), balanced()]);
    issued_and(&[])
        .when(write_off(11_001))
        .then_expect_error(InvoiceRefusal::ExceedsOpen);
    issued_and(&[written_off(1, 1_000)])
        .when(write_off(1_000))
        .then_expect_events(vec![]);
    issued_and(&[written_off(1, 1_000)])
        .when(write_off(1))
        .then_expect_error(InvoiceRefusal::IdUsed);
    issued_and(&[written_off(1, 1_000)])
        .when(InvoiceCommand::Cancel { reason: None })
        .then_expect_error(InvoiceRefusal::PaymentsAllocated);
}
