//! Properties of the account: entries balance, refunds never exceed payments, and no payment is attempted while another
//! one is pending.

use std::collections::BTreeMap;

use domain::{
    Decider as _,
    account::{
        Account, AccountCommand, AccountEvent, AccountOpened, AccountRefusal, Adjustment, AdjustmentKind, Allocations,
        Charge, Entry, LedgerAccount, Payment, PaymentMethod, Refund,
    },
    values::{Currency, Money, PaymentReference, TaxedAmount},
};
use proptest::prelude::*;

use crate::{
    fixtures::{PATIENT, amounts, currencies, ids, references},
    fold_in_any_order, run,
};

fn taxed_amounts() -> impl Strategy<Value = TaxedAmount> {
    currencies().prop_flat_map(|currency| {
        (0_i64..300, 0_i64..30).prop_map(move |(net, tax)| {
            let (net, tax) = (Money::new(net + 1, currency), Money::new(tax, currency));
            TaxedAmount::parse(net, tax).expect("an amount")
        })
    })
}

fn payments() -> impl Strategy<Value = Payment> {
    let amounts = currencies().prop_flat_map(amounts);
    (references(), ids(), amounts).prop_map(|(reference, invoice_id, amount)| Payment {
        reference,
        invoice_id: Some(invoice_id),
        amount,
        method: PaymentMethod::Card,
        towards: Allocations::default(),
    })
}

fn commands() -> impl Strategy<Value = Vec<AccountCommand>> {
    let charges = (ids(), taxed_amounts()).prop_map(|(charge_id, amount)| Charge {
        charge_id,
        invoice_id: None,
        amount,
    });
    let refunds = (ids(), references(), currencies().prop_flat_map(amounts));
    let refunds = refunds.prop_map(|(refund_id, reference, amount)| Refund {
        refund_id,
        reference,
        amount,
        invoice_id: None,
    });
    let kinds = prop_oneof![Just(AdjustmentKind::CreditNote), Just(AdjustmentKind::WriteOff)];
    let adjustments = (ids(), kinds, taxed_amounts()).prop_map(|(adjustment_id, kind, amount)| Adjustment {
        adjustment_id,
        kind,
        amount,
        invoice_id: None,
        reason: None,
    });
    let command = prop_oneof![
        4 => charges.prop_map(AccountCommand::PostCharge),
        4 => payments().prop_map(AccountCommand::InitiatePayment),
        4 => payments().prop_map(AccountCommand::ReceivePayment),
        4 => references().prop_map(|reference| AccountCommand::FailPayment { reference }),
        4 => refunds.prop_map(AccountCommand::RefundPayment),
        4 => adjustments.prop_map(AccountCommand::PostAdjustment),
        1 => Just(AccountCommand::Close),
    ];
    prop::collection::vec(command, 0..40).prop_map(|mut commands| {
        commands.insert(0, AccountCommand::Open { patient_id: PATIENT });
        commands
    })
}

fn entry(event: &AccountEvent) -> Option<&Entry> {
    match event {
        AccountEvent::ChargePosted(posted) => Some(&posted.entry),
        AccountEvent::PaymentReceived(received) => Some(&received.entry),
        AccountEvent::PaymentRefunded(refunded) => Some(&refunded.entry),
        AccountEvent::AdjustmentPosted(posted) => Some(&posted.entry),
        AccountEvent::Opened(_)
        | AccountEvent::PaymentInitiated(_)
        | AccountEvent::PaymentFailed(_)
        | AccountEvent::PaymentMoved(_)
        | AccountEvent::Closed(_) => None,
    }
}

fn sums(amounts: impl Iterator<Item = (Currency, i128)>) -> BTreeMap<Currency, i128> {
    let mut sums = BTreeMap::new();
    for (currency, minor) in amounts {
        *sums.entry(currency).or_default() += minor;
    }
    sums
}

proptest! {
    #[test]
    fn every_entry_and_the_whole_ledger_sum_to_zero_in_every_currency(
        commands in commands(),
        order in prop::collection::vec(any::<usize>(), 0..60),
    ) {
        let happened = run::<Account>(commands, |_, account, events| {
            for entry in events.iter().filter_map(entry) {
                let postings = entry.postings().iter();
                let postings = postings.map(|posting| (posting.amount.currency(), i128::from(posting.amount.minor())));
                assert!(sums(postings).values().all(|sum| *sum == 0), "{entry:?}");
            }
            let balances = account.balances().iter().map(|balance| (balance.currency, balance.minor));
            assert!(sums(balances).values().all(|sum| *sum == 0));
        });
        fold_in_any_order::<Account>(&happened, &order);
    }

    #[test]
    fn every_valid_amount_can_be_charged_credited_and_paid(charged in taxed_amounts(), payment in payments()) {
        let mut account = Account::default();
        account.evolve(&AccountEvent::Opened(AccountOpened { patient_id: PATIENT }));
        let charge = Charge { charge_id: PATIENT, invoice_id: None, amount: charged };
        let credit_note = Adjustment {
            adjustment_id: PATIENT,
            kind: AdjustmentKind::CreditNote,
            amount: charged,
            invoice_id: None,
            reason: None,
        };
        let charged = account.decide(AccountCommand::PostCharge(charge));
        charged.expect("charged").iter().for_each(|event| account.evolve(event));
        let credited = account.decide(AccountCommand::PostAdjustment(credit_note.clone()));
        credited.expect("credited").iter().for_each(|event| account.evolve(event));
        let again = Adjustment { adjustment_id: uuid::Uuid::from_u128(99), ..credit_note };
        let refused = account.decide(AccountCommand::PostAdjustment(again));
        prop_assert_eq!(refused, Err(AccountRefusal::CreditExceedsCharges));
        prop_assert!(account.decide(AccountCommand::ReceivePayment(payment)).is_ok());
    }

    #[test]
    fn refunds_never_exceed_the_payment(commands in commands()) {
        let mut captured: BTreeMap<PaymentReference, i128> = BTreeMap::new();
        let _ = run::<Account>(commands, |_, account, events| {
            for event in events {
                if let AccountEvent::PaymentReceived(received) = event {
                    let minor = i128::from(received.payment.amount.money().minor());
                    let before = captured.insert(received.payment.reference.clone(), minor);
                    assert_eq!(before, None, "a payment is captured once");
                }
            }
            for (reference, captured) in &captured {
                assert!(account.refunded_minor(reference) <= *captured);
            }
        });
    }

    #[test]
    fn a_pending_payment_blocks_attempts_and_a_closed_account_never_changes(commands in commands()) {
        let _ = run::<Account>(commands, |before, account, events| {
            assert!(!before.is_closed() || events.is_empty(), "a closed account does not change");
            if let Some(pending) = before.pending_payment() {
                let attempted = events.iter().any(|event| matches!(event, AccountEvent::PaymentInitiated(_)));
                assert!(!attempted, "a second attempt beside {pending:?}");
            }
            if account.is_closed() {
                let mut balances = account.balances().iter();
                assert!(balances.all(|one| one.account != LedgerAccount::Receivable || one.minor == 0));
                assert_eq!(account.pending_payment(), None);
            }
        });
    }
}
