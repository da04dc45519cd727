//! Maps invoice refusals to problems.

use domain::invoice::InvoiceRefusal;
use http_edge::{Problem, problem::types::NOT_FOUND};

use crate::http::problems::{
    ALREADY_EXISTS, AMOUNT_EXCEEDED, ANOTHER_CURRENCY, ANOTHER_PATIENTS, LIMIT_REACHED, NOT_ISSUABLE, REFERENCE_USED,
    WRONG_STATUS, at,
};

pub(crate) fn invoice(refusal: InvoiceRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        InvoiceRefusal::Unknown => Problem::new(&NOT_FOUND).detail(text),
        InvoiceRefusal::AlreadyDrafted | InvoiceRefusal::IdUsed => Problem::new(&ALREADY_EXISTS).detail(text),
        InvoiceRefusal::InStatus(_) | InvoiceRefusal::AnotherReason | InvoiceRefusal::PaymentsAllocated => {
            Problem::new(&WRONG_STATUS).detail(text)
        }
        InvoiceRefusal::AnotherPatientsAppointment => at(&ANOTHER_PATIENTS, "/appointmentId", text),
        InvoiceRefusal::NoLines
        | InvoiceRefusal::ComesToNothing
        | InvoiceRefusal::TooManyLines
        | InvoiceRefusal::TooLarge => Problem::new(&NOT_ISSUABLE).detail(text),
        InvoiceRefusal::TooManyCreditNotes => Problem::new(&LIMIT_REACHED).detail(text),
        InvoiceRefusal::ReferenceUsed => at(&REFERENCE_USED, "/reference", text),
        InvoiceRefusal::AnotherCurrency => at(&ANOTHER_CURRENCY, "/amount/currency", text),
        InvoiceRefusal::ExceedsPayment
        | InvoiceRefusal::ExceedsOpen
        | InvoiceRefusal::ExceedsAllocated
        | InvoiceRefusal::ExceedsCharged => at(&AMOUNT_EXCEEDED, "/amount", text),
    }
}
