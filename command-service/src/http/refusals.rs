//! Maps the errors of commands to problems. The `refusals.rs` of each noun maps that noun's refusals.

use commands::{CommandError, Refusal};
use http_edge::{Problem, problem::types};

use super::{
    accounts::refusals as accounts,
    appointments::refusals as appointments,
    invoices::refusals as invoices,
    patients::refusals as patients,
    practitioners::refusals as practitioners,
    prescriptions::refusals as prescriptions,
    problems::{APPOINTMENT_OVERLAP, CONTENDED, KEY_REUSED, NOT_PRIVILEGED, OUTCOME_UNKNOWN, at},
};

/// The problem for a failed command.
pub(super) fn of(error: CommandError) -> Problem {
    let text = error.to_string();
    match error {
            CommandError::Refused(refusal) => refused(refusal),
            CommandError::VersionMismatch { .. } => Problem::new(&types::PRECONDITION_FAILED).detail(text),
            CommandError::Erased => Problem::new(&types::ERASED).detail(text),
            CommandError::KeyReused => {
                Problem::new(&KEY_REUSED).detail(text).parameter("Idempotency-Key", "has been used for another request")
            }
            CommandError::NotForgotten(reason) => Problem::new(&types::UNAVAILABLE)
                .detail("The patient is erased, but the key of their data in the log could not be destroyed yet. Repeat the request.")
                .because(reason)
                .retry_after(1),
            CommandError::Contended => Problem::new(&CONTENDED).detail(text).retry_after(1),
            CommandError::Overloaded => Problem::new(&types::OVERLOADED).detail(text).retry_after(1),
            CommandError::Unavailable(reason) => Problem::new(&types::UNAVAILABLE)
                .detail("The event log is unavailable; nothing was stored.")
                .because(reason)
                .retry_after(1),
            // An operator must free space first, which takes longer than a restart.
            CommandError::Full(reason) => Problem::new(&types::UNAVAILABLE)
                .detail("The event log is full; nothing was stored. Its existing data is safe.")
                .because(reason)
                .retry_after(60),
            // No Retry-After: clients would repeat a command that may have taken effect.
            CommandError::OutcomeUnknown => Problem::new(&OUTCOME_UNKNOWN)
                .detail("The connection to the event log was lost while the command was being stored. Read the resource before retrying, or retry with the same Idempotency-Key.")
                .because(text),
            CommandError::Broken(reason) => Problem::new(&types::INTERNAL).because(reason),
        }
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Patient(refusal) => patients::patient(refusal),
        Refusal::EmailAddress(refusal) => patients::email_address(refusal),
        Refusal::Identifier(refusal) => patients::identifier(&refusal),
        Refusal::Practitioner(refusal) => practitioners::practitioner(refusal),
        Refusal::Appointment(refusal) => appointments::appointment(refusal),
        Refusal::Prescription(refusal) => prescriptions::prescription(refusal),
        Refusal::PriorPrescription(refusal) => prescriptions::prior_prescription(refusal),
        Refusal::LivePrescription(refusal) => prescriptions::live_prescription(refusal),
        Refusal::Account(refusal) => accounts::account(refusal),
        Refusal::Invoice(refusal) => invoices::invoice(refusal),
        Refusal::PractitionerTime(_) | Refusal::PatientTime(_) => {
            at(&APPOINTMENT_OVERLAP, "/startTime", refusal.to_string())
        }
        Refusal::NotPrivileged(_) => Problem::new(&NOT_PRIVILEGED).detail(refusal.to_string()),
    }
}
