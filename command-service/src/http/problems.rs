//! The problem types of the command side. Each has a page in `docs/errors/`.

use http_edge::{Problem, ProblemType, problem_types};

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

/// A problem that names the invalid field.
pub(super) fn at(kind: &'static ProblemType, pointer: &str, text: String) -> Problem {
    Problem::new(kind).detail(text.clone()).field(pointer, text)
}
