//! Which refusal of prescribing and billing becomes which problem.

use commands::{CommandError, Refusal};
use domain::{
    account::{AccountRefusal, LedgerError},
    appointment::AppointmentRefusal,
    invoice::InvoiceRefusal,
    live_prescriptions::LivePrescriptionRefusal,
    prescription::PrescriptionRefusal,
};
use http_edge::{
    Problem, ProblemType,
    problem::types::{INTERNAL, NOT_FOUND, VALIDATION_FAILED},
};

use super::problems::{
    self, ACCOUNT_CLOSED, ALREADY_EXISTS, AMOUNT_EXCEEDED, ANOTHER_CURRENCY, ANOTHER_PATIENTS, LIVE_PRESCRIPTION,
    NO_REFILLS_REMAINING, NOT_ISSUABLE, PAYMENT_PENDING, PAYMENT_SETTLED, REFERENCE_USED, REFILL_DECIDED,
    UNKNOWN_APPOINTMENT, UNKNOWN_PAYMENT, UNKNOWN_PRESCRIPTION, WRONG_STATUS,
};

/// A problem that names the field at fault.
fn at(kind: &'static ProblemType, pointer: &str, text: String) -> Problem {
    Problem::new(kind).detail(text.clone()).field(pointer, text)
}

/// The problem of a command whose body names an appointment: one that is not there is a fault of that field.
pub(super) fn naming_an_appointment(error: CommandError) -> Problem {
    match error {
        CommandError::Refused(Refusal::Appointment(AppointmentRefusal::Unknown)) => at(
            &UNKNOWN_APPOINTMENT,
            "/appointmentId",
            AppointmentRefusal::Unknown.to_string(),
        ),
        CommandError::Refused(Refusal::Appointment(refusal @ AppointmentRefusal::InStatus(_))) => {
            at(&WRONG_STATUS, "/appointmentId", refusal.to_string())
        }
        error => problems::of(error),
    }
}

pub(super) fn prescription(refusal: PrescriptionRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        PrescriptionRefusal::Unknown | PrescriptionRefusal::UnknownRefillRequest => {
            Problem::new(&NOT_FOUND).detail(text)
        }
        PrescriptionRefusal::AlreadyPrescribed => Problem::new(&ALREADY_EXISTS).detail(text),
        PrescriptionRefusal::InStatus(_) => Problem::new(&WRONG_STATUS).detail(text),
        PrescriptionRefusal::AnotherPatientsAppointment => at(&ANOTHER_PATIENTS, "/appointmentId", text),
        PrescriptionRefusal::AnotherPatientsPrescription => at(&ANOTHER_PATIENTS, "/renews", text),
        PrescriptionRefusal::NoRefillsRemaining => Problem::new(&NO_REFILLS_REMAINING).detail(text),
        PrescriptionRefusal::RefillDecided => Problem::new(&REFILL_DECIDED).detail(text),
    }
}

/// A prescription that is named to be renewed is a fault of that field.
pub(super) fn prior_prescription(refusal: PrescriptionRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        PrescriptionRefusal::Unknown => at(&UNKNOWN_PRESCRIPTION, "/renews", text),
        PrescriptionRefusal::InStatus(_) => at(&WRONG_STATUS, "/renews", text),
        refusal => prescription(refusal),
    }
}

pub(super) fn live_prescription(refusal: LivePrescriptionRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        LivePrescriptionRefusal::Taken { .. } => at(&LIVE_PRESCRIPTION, "/appointmentId", text),
    }
}

pub(super) fn account(refusal: AccountRefusal) -> Problem {
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
        AccountRefusal::RefundInAnotherCurrency => at(&ANOTHER_CURRENCY, "/amount/currency", text),
        AccountRefusal::NotBalanced => Problem::new(&WRONG_STATUS).detail(text),
        AccountRefusal::Ledger(LedgerError::Money(_)) => at(&VALIDATION_FAILED, "/amount", text),
        AccountRefusal::Ledger(LedgerError::Unbalanced) => Problem::new(&INTERNAL).because(text),
    }
}

pub(super) fn invoice(refusal: InvoiceRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        InvoiceRefusal::Unknown => Problem::new(&NOT_FOUND).detail(text),
        InvoiceRefusal::AlreadyDrafted | InvoiceRefusal::IdUsed => Problem::new(&ALREADY_EXISTS).detail(text),
        InvoiceRefusal::InStatus(_) | InvoiceRefusal::PaymentsAllocated => Problem::new(&WRONG_STATUS).detail(text),
        InvoiceRefusal::AnotherPatientsAppointment => at(&ANOTHER_PATIENTS, "/appointmentId", text),
        InvoiceRefusal::NoLines | InvoiceRefusal::TooManyLines | InvoiceRefusal::TooLarge => {
            Problem::new(&NOT_ISSUABLE).detail(text)
        }
        InvoiceRefusal::ReferenceUsed => at(&REFERENCE_USED, "/reference", text),
        InvoiceRefusal::AnotherCurrency => at(&ANOTHER_CURRENCY, "/amount/currency", text),
        InvoiceRefusal::ExceedsPayment | InvoiceRefusal::ExceedsOpen | InvoiceRefusal::ExceedsCharged => {
            at(&AMOUNT_EXCEEDED, "/amount", text)
        }
    }
}
