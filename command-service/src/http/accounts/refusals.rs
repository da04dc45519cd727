//! Maps account refusals to problems.

use domain::account::{AccountRefusal, LedgerError};
use http_edge::{
    Problem,
    problem::types::{INTERNAL, NOT_FOUND, VALIDATION_FAILED},
};

use crate::http::problems::{
    ACCOUNT_CLOSED, ALREADY_EXISTS, AMOUNT_EXCEEDED, ANOTHER_CURRENCY, LIMIT_REACHED, PAYMENT_PENDING, PAYMENT_SETTLED,
    REFERENCE_USED, UNKNOWN_DEBT, UNKNOWN_PAYMENT, WRONG_STATUS, at,
};

pub(crate) fn account(refusal: AccountRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        AccountRefusal::Unknown => Problem::new(&NOT_FOUND).detail(text),
        AccountRefusal::AlreadyOpened | AccountRefusal::IdUsed => Problem::new(&ALREADY_EXISTS).detail(text),
        AccountRefusal::Closed => Problem::new(&ACCOUNT_CLOSED).detail(text),
        AccountRefusal::ReferenceUsed => at(&REFERENCE_USED, "/reference", text),
        AccountRefusal::PaymentPending => Problem::new(&PAYMENT_PENDING).detail(text),
        AccountRefusal::PaymentFailed | AccountRefusal::PaymentCaptured => Problem::new(&PAYMENT_SETTLED).detail(text),
        AccountRefusal::UnknownPayment | AccountRefusal::PaymentForAnotherInvoice => {
            at(&UNKNOWN_PAYMENT, "/reference", text)
        }
        AccountRefusal::RefundExceedsCaptured
        | AccountRefusal::WriteOffExceedsDebt
        | AccountRefusal::CreditExceedsCharges => at(&AMOUNT_EXCEEDED, "/amount", text),
        AccountRefusal::ExceedsOwed | AccountRefusal::ExceedsPayment | AccountRefusal::ExceedsAllocated => {
            at(&AMOUNT_EXCEEDED, "/amount", text)
        }
        AccountRefusal::MovedNowhere => at(&VALIDATION_FAILED, "/to", text),
        AccountRefusal::TooManyAllocations => at(&VALIDATION_FAILED, "/amount", text),
        AccountRefusal::NamedTwice => at(&VALIDATION_FAILED, "/towards", text),
        AccountRefusal::UnknownItem => Problem::new(&UNKNOWN_DEBT).detail(text),
        AccountRefusal::PaymentInAnotherCurrency => at(&ANOTHER_CURRENCY, "/amount/currency", text),
        AccountRefusal::RefundInAnotherCurrency => at(&ANOTHER_CURRENCY, "/amount/currency", text),
        AccountRefusal::TooManyEntries => Problem::new(&LIMIT_REACHED).detail(text),
        AccountRefusal::NotBalanced => Problem::new(&WRONG_STATUS).detail(text),
        AccountRefusal::Ledger(LedgerError::Money(_)) => at(&VALIDATION_FAILED, "/amount", text),
        AccountRefusal::Ledger(LedgerError::Unbalanced) => Problem::new(&INTERNAL).because(text),
    }
}
