//! The problem types of the command side, and the mapping of command errors to them. Each type has a page in
//! `docs/errors/`. The `refusals.rs` of each noun maps that noun's refusals.

use commands::{CommandError, Refusal};
use http_edge::{Problem, ProblemType, problem::types, problem_types};

use super::{accounts, appointments, invoices, patients, practitioners, prescriptions};

problem_types! {
    /// The request names a patient that is not registered.
    UNKNOWN_PATIENT = (422, "unknown-patient", "Unknown patient");
    /// The request names a practitioner that is not registered.
    UNKNOWN_PRACTITIONER = (422, "unknown-practitioner", "Unknown practitioner");
    /// Another patient holds the e-mail address.
    EMAIL_TAKEN = (409, "email-taken", "E-mail address taken");
    /// Another patient has an identifier of a unique system.
    IDENTIFIER_TAKEN = (409, "identifier-taken", "Identifier taken");
    /// The id of the new resource is taken.
    ALREADY_EXISTS = (409, "already-exists", "Already exists");
    /// The practitioner or the patient has another appointment at that time.
    APPOINTMENT_OVERLAP = (409, "appointment-overlap", "Appointments overlap");
    /// A new appointment starts in the past, or an appointment recorded after the fact has not ended yet.
    NOT_BOOKABLE = (422, "not-bookable", "Time cannot be booked");
    /// The request begins something new for a patient who has been deactivated.
    PATIENT_INACTIVE = (422, "patient-inactive", "Patient is not active");
    /// The request begins something new for a patient who is deceased.
    PATIENT_DECEASED = (409, "patient-deceased", "Patient is deceased");
    /// The request involves a practitioner who has been deactivated.
    PRACTITIONER_INACTIVE = (422, "practitioner-inactive", "Practitioner is not active");
    /// The practitioner sees no patients at that time, or is away.
    PRACTITIONER_UNAVAILABLE = (409, "practitioner-unavailable", "Practitioner is not available");
    /// The caller has no role that may do this.
    NOT_PRIVILEGED = (403, "not-privileged", "Not privileged");
    /// The status of the resource does not allow the command.
    WRONG_STATUS = (409, "wrong-status", "Status does not allow this");
    /// The request names an appointment that was never booked.
    UNKNOWN_APPOINTMENT = (422, "unknown-appointment", "Unknown appointment");
    /// The request names a prescription that was never written.
    UNKNOWN_PRESCRIPTION = (422, "unknown-prescription", "Unknown prescription");
    /// A resource in the request belongs to another patient.
    ANOTHER_PATIENTS = (422, "another-patients", "Belongs to another patient");
    /// Another live prescription of the appointment has the medicine.
    LIVE_PRESCRIPTION = (409, "live-prescription", "A live prescription has the medicine");
    /// The prescription has no refills left.
    NO_REFILLS_REMAINING = (409, "no-refills-remaining", "No refills remain");
    /// The refill request was decided differently.
    REFILL_DECIDED = (409, "refill-decided", "Refill request already decided");
    /// The account is closed and accepts no entries.
    ACCOUNT_CLOSED = (409, "account-closed", "Account is closed");
    /// Another payment is pending.
    PAYMENT_PENDING = (409, "payment-pending", "A payment is pending");
    /// The payment is settled, and its outcome does not allow the command.
    PAYMENT_SETTLED = (409, "payment-settled", "The payment is settled");
    /// The reference belongs to another payment.
    REFERENCE_USED = (409, "payment-reference-used", "Payment reference already used");
    /// The invoice or account has no such payment.
    UNKNOWN_PAYMENT = (422, "unknown-payment", "Unknown payment");
    /// The item to pay was never charged to the account.
    UNKNOWN_DEBT = (422, "unknown-debt", "Unknown invoice or charge");
    /// The amount exceeds what can be paid, refunded or credited.
    AMOUNT_EXCEEDED = (422, "amount-exceeded", "Amount too large");
    /// The currency differs from that of the invoice or payment.
    ANOTHER_CURRENCY = (422, "another-currency", "Currency mismatch");
    /// The invoice has no lines, too many lines, or a total that is zero or too large.
    NOT_ISSUABLE = (422, "not-issuable", "Invoice cannot be issued");
    /// The command requires an idempotency key.
    KEY_REQUIRED = (400, "idempotency-key-required", "Idempotency key required");
    /// The idempotency key was used for another request.
    KEY_REUSED = (422, "idempotency-key-reused", "Idempotency key already used");
    /// The maximum number of elements is reached.
    LIMIT_REACHED = (409, "limit-reached", "Limit reached");
    /// Concurrent changes to the same resource kept the command from committing.
    CONTENDED = (503, "contended", "Too many concurrent changes");
    /// It is unknown whether the command took effect.
    OUTCOME_UNKNOWN = (503, "outcome-unknown", "Outcome unknown");
}

/// The problem for a failed command.
pub(crate) fn of(error: CommandError) -> Problem {
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
        Refusal::Patient(refusal) => patients::refusals::patient(refusal),
        Refusal::EmailAddress(refusal) => patients::refusals::email_address(refusal),
        Refusal::Identifier(refusal) => patients::refusals::identifier(&refusal),
        Refusal::Practitioner(refusal) => practitioners::refusals::practitioner(refusal),
        Refusal::Appointment(refusal) => appointments::refusals::appointment(refusal),
        Refusal::Prescription(refusal) => prescriptions::refusals::prescription(refusal),
        Refusal::PriorPrescription(refusal) => prescriptions::refusals::prior_prescription(refusal),
        Refusal::LivePrescription(refusal) => prescriptions::refusals::live_prescription(refusal),
        Refusal::Account(refusal) => accounts::refusals::account(refusal),
        Refusal::Invoice(refusal) => invoices::refusals::invoice(refusal),
        Refusal::PractitionerTime(_) | Refusal::PatientTime(_) => {
            at(&APPOINTMENT_OVERLAP, "/startTime", refusal.to_string())
        }
        Refusal::NotPrivileged(_) => Problem::new(&NOT_PRIVILEGED).detail(refusal.to_string()),
    }
}

/// A problem that names the invalid field.
pub(super) fn at(kind: &'static ProblemType, pointer: &str, text: String) -> Problem {
    Problem::new(kind).detail(text.clone()).field(pointer, text)
}
