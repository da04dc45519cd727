//! The problem types of the command side, and which error becomes which. Each has a page in `docs/errors/`.

use domain::{
    appointment::AppointmentRefusal, email_claim::EmailClaimRefusal, idempotency_key::IdempotencyKeyRefusal,
    patient::PatientRefusal, practitioner::PractitionerRefusal,
};
use platform::http::{ErrorPage, Problem, ProblemType, problem::types};

use crate::commands::{CommandError, Refusal};

/// The request names a patient that is not registered.
pub const UNKNOWN_PATIENT: ProblemType = ProblemType {
    slug: "unknown-patient",
    title: "Unknown patient",
    status: 422,
};
/// The request names a practitioner that is not registered.
pub const UNKNOWN_PRACTITIONER: ProblemType = ProblemType {
    slug: "unknown-practitioner",
    title: "Unknown practitioner",
    status: 422,
};
/// Another patient holds the e-mail address.
pub const EMAIL_TAKEN: ProblemType = ProblemType {
    slug: "email-taken",
    title: "E-mail address taken",
    status: 409,
};
/// The id of what was to be created is taken.
pub const ALREADY_EXISTS: ProblemType = ProblemType {
    slug: "already-exists",
    title: "Already exists",
    status: 409,
};
/// The practitioner or the patient has another appointment at that time.
pub const APPOINTMENT_OVERLAP: ProblemType = ProblemType {
    slug: "appointment-overlap",
    title: "Appointments overlap",
    status: 409,
};
/// A new appointment starts in the past, or a past one lies ahead.
pub const NOT_BOOKABLE: ProblemType = ProblemType {
    slug: "not-bookable",
    title: "Time cannot be booked",
    status: 422,
};
/// The idempotency key has been used for another request.
pub const KEY_REUSED: ProblemType = ProblemType {
    slug: "idempotency-key-reused",
    title: "Idempotency key used before",
    status: 422,
};
/// Others kept changing the same thing.
pub const CONTENDED: ProblemType = ProblemType {
    slug: "contended",
    title: "Too many changes at once",
    status: 503,
};
/// It is not known whether the command was carried out.
pub const OUTCOME_UNKNOWN: ProblemType = ProblemType {
    slug: "outcome-unknown",
    title: "Outcome unknown",
    status: 503,
};

/// Every problem type of the command side.
pub const ALL: &[&ProblemType] = &[
    &UNKNOWN_PATIENT,
    &UNKNOWN_PRACTITIONER,
    &EMAIL_TAKEN,
    &ALREADY_EXISTS,
    &APPOINTMENT_OVERLAP,
    &NOT_BOOKABLE,
    &KEY_REUSED,
    &CONTENDED,
    &OUTCOME_UNKNOWN,
];

/// The pages that explain them.
pub const PAGES: &[ErrorPage] = &[
    (
        "unknown-patient",
        include_str!("../../../docs/errors/unknown-patient.md"),
    ),
    (
        "unknown-practitioner",
        include_str!("../../../docs/errors/unknown-practitioner.md"),
    ),
    ("email-taken", include_str!("../../../docs/errors/email-taken.md")),
    ("already-exists", include_str!("../../../docs/errors/already-exists.md")),
    (
        "appointment-overlap",
        include_str!("../../../docs/errors/appointment-overlap.md"),
    ),
    ("not-bookable", include_str!("../../../docs/errors/not-bookable.md")),
    (
        "idempotency-key-reused",
        include_str!("../../../docs/errors/idempotency-key-reused.md"),
    ),
    ("contended", include_str!("../../../docs/errors/contended.md")),
    (
        "outcome-unknown",
        include_str!("../../../docs/errors/outcome-unknown.md"),
    ),
];

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let text = error.to_string();
        match error {
            CommandError::Refused(refusal) => refused(refusal),
            CommandError::VersionMismatch { .. } => Self::new(&types::PRECONDITION_FAILED).detail(text),
            CommandError::KeyReused => {
                Self::new(&KEY_REUSED).detail(text).parameter("Idempotency-Key", "has been used for another request")
            }
            CommandError::Contended => Self::new(&CONTENDED).detail(text).retry_after(1),
            CommandError::Overloaded => Self::new(&types::OVERLOADED).detail(text).retry_after(1),
            CommandError::Unavailable(reason) => Self::new(&types::UNAVAILABLE)
                .detail("The event log does not answer; nothing was stored.")
                .because(reason)
                .retry_after(1),
            // No Retry-After: it would have clients repeat what may have been done.
            CommandError::OutcomeUnknown => Self::new(&OUTCOME_UNKNOWN)
                .detail("The event log was lost while the command was being stored. Read before trying again, or repeat it under the same Idempotency-Key.")
                .because(text),
            CommandError::Broken(reason) => Self::new(&types::INTERNAL).because(reason),
        }
    }
}

fn refused(refusal: Refusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        Refusal::Patient(PatientRefusal::Unknown) => Problem::new(&UNKNOWN_PATIENT)
            .detail(text.clone())
            .field("/patientId", text),
        Refusal::Practitioner(PractitionerRefusal::Unknown) => Problem::new(&UNKNOWN_PRACTITIONER)
            .detail(text.clone())
            .field("/practitionerId", text),
        Refusal::EmailClaim(EmailClaimRefusal::Taken) => {
            Problem::new(&EMAIL_TAKEN).detail(text.clone()).field("/email", text)
        }
        Refusal::Patient(PatientRefusal::AlreadyRegistered)
        | Refusal::Practitioner(PractitionerRefusal::AlreadyRegistered)
        | Refusal::Appointment(AppointmentRefusal::AlreadyBooked)
        | Refusal::IdempotencyKey(IdempotencyKeyRefusal::AlreadyUsed) => Problem::new(&ALREADY_EXISTS).detail(text),
        Refusal::PractitionerDay(_) | Refusal::PatientDay(_) => Problem::new(&APPOINTMENT_OVERLAP)
            .detail(text.clone())
            .field("/startTime", text),
        Refusal::Appointment(AppointmentRefusal::StartsInThePast) => Problem::new(&NOT_BOOKABLE)
            .detail(text.clone())
            .field("/startTime", text),
        Refusal::Appointment(AppointmentRefusal::NotYetOver) => {
            Problem::new(&NOT_BOOKABLE).detail(text.clone()).field("/endTime", text)
        }
    }
}
