//! The transitions of an account with one charge of 10.00, and of its payments.

use domain::{
    account::{
        Account, AccountCommand, Adjustment, AdjustmentKind, Allocations, Charge, Item, Movement, Payment,
        PaymentMethod, Refund,
    },
    values::{Amount, Money, PaymentReference, TaxedAmount},
};
use uuid::Uuid;

use super::after;
use crate::fixtures::{PATIENT, usd};

const CHARGE: Uuid = Uuid::from_u128(10);

fn amount(minor: i64) -> Amount {
    Amount::parse(Money::new(minor, usd())).expect("an amount")
}

fn charge(charge_id: Uuid) -> AccountCommand {
    AccountCommand::PostCharge(Charge {
        charge_id,
        invoice_id: None,
        amount: TaxedAmount::untaxed(amount(1_000)),
    })
}

fn reference(text: &str) -> PaymentReference {
    PaymentReference::parse(text).expect("a reference")
}

fn payment(text: &str) -> Payment {
    Payment {
        reference: reference(text),
        invoice_id: None,
        amount: amount(1_000),
        method: PaymentMethod::Card,
        towards: Allocations::default(),
    }
}

fn refund() -> AccountCommand {
    AccountCommand::RefundPayment(Refund {
        refund_id: Uuid::from_u128(20),
        reference: reference("first"),
        amount: amount(1_000),
        invoice_id: None,
    })
}

fn set_aside() -> AccountCommand {
    AccountCommand::MovePayment(Movement {
        movement_id: Uuid::from_u128(21),
        reference: reference("first"),
        from: Some(Item::Charge(CHARGE)),
        to: None,
        amount: amount(1_000),
    })
}

fn adjust(kind: AdjustmentKind) -> AccountCommand {
    AccountCommand::PostAdjustment(Adjustment {
        adjustment_id: Uuid::from_u128(22),
        kind,
        amount: TaxedAmount::untaxed(amount(1_000)),
        invoice_id: None,
        reason: None,
    })
}

const fn name(command: &AccountCommand) -> &'static str {
    match command {
        AccountCommand::Open { .. } => "open",
        AccountCommand::PostCharge(_) => "charge",
        AccountCommand::InitiatePayment(_) => "attempt",
        AccountCommand::ReceivePayment(_) => "receive",
        AccountCommand::FailPayment { .. } => "record as failed",
        AccountCommand::RefundPayment(_) => "refund",
        AccountCommand::MovePayment(_) => "move",
        AccountCommand::PostAdjustment(_) => "adjust by",
        AccountCommand::Close => "close",
    }
}

fn status(account: &Account) -> &'static str {
    let owes = account.items().iter().any(|one| one.dues.owed_minor() > 0);
    match account.patient_id() {
        None => "none",
        Some(_) if account.is_closed() => "closed",
        Some(_) if account.pending_payment().is_some() => "payment pending",
        Some(_) if owes => "owing",
        Some(_) => "settled",
    }
}

pub(super) fn table() -> String {
    let open = || AccountCommand::Open { patient_id: PATIENT };
    let first = || payment("first");
    let owing = [open(), charge(CHARGE)];
    let then = |deed| after(owing.iter().cloned().chain([deed]));
    let failed = AccountCommand::FailPayment {
        reference: reference("first"),
    };
    let attempted = AccountCommand::InitiatePayment(first());
    let states = [
        ("none", Account::default()),
        ("owing", after(owing.to_vec())),
        ("payment pending", then(attempted.clone())),
        (
            "payment failed",
            after(owing.iter().cloned().chain([attempted.clone(), failed.clone()])),
        ),
        ("settled", then(AccountCommand::ReceivePayment(first()))),
        ("closed", after([open(), AccountCommand::Close])),
    ];
    let rows = [
        ("", open()),
        ("", charge(Uuid::from_u128(11))),
        (" the first payment", attempted),
        (" another payment", AccountCommand::InitiatePayment(payment("second"))),
        (" the first payment", AccountCommand::ReceivePayment(first())),
        (" another payment", AccountCommand::ReceivePayment(payment("second"))),
        (" the first payment", failed),
        (" the first payment", refund()),
        (" the first payment, to be kept for later", set_aside()),
        (" a credit note", adjust(AdjustmentKind::CreditNote)),
        (" a write-off", adjust(AdjustmentKind::WriteOff)),
        ("", AccountCommand::Close),
    ];
    let rows = rows.map(|(what, command)| (format!("{}{what}", name(&command)), command));
    super::table("account", &states, rows.into(), status)
}
