//! Which error becomes which gRPC status. Each carries details that a program can act on, and nothing that was sent.

use std::{collections::HashMap, time::Duration};

use commands::{CommandError, Refusal};
use domain::patient::PatientRefusal;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// Whose reasons these are (`ErrorInfo.domain`).
const DOMAIN: &str = "anamnesis";
/// When to try again what somebody else stood in the way of.
const SOON: Duration = Duration::from_secs(1);
/// When to try again what somebody has to mend first.
const LATER: Duration = Duration::from_secs(60);

/// The status of a request that breaks rules.
pub(super) fn invalid(faults: Vec<FieldViolation>) -> Status {
    let mut details = ErrorDetails::with_bad_request(faults);
    details.set_error_info("INVALID_ARGUMENT", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, "a field is not acceptable", details)
}

/// The status of a call that finds the service busy.
pub(super) fn overloaded() -> Status {
    again(
        Code::ResourceExhausted,
        "OVERLOADED",
        "too many calls are in progress",
        SOON,
    )
}

/// The status of a call that ran out of time. It may have been carried out; calling again is safe.
pub(super) fn too_late() -> Status {
    let details = ErrorDetails::with_error_info("DEADLINE_EXCEEDED", DOMAIN, HashMap::new());
    let message = "the call ran out of time, and may have been carried out";
    Status::with_error_details(Code::DeadlineExceeded, message, details)
}

/// The status of a command that was not carried out.
pub(super) fn refused(error: CommandError) -> Status {
    let text = error.to_string();
    match error {
        CommandError::Refused(Refusal::Patient(PatientRefusal::Unknown)) => {
            because(Code::NotFound, "UNKNOWN_PATIENT", &text)
        }
        CommandError::Refused(Refusal::Patient(PatientRefusal::Erased)) | CommandError::Erased => {
            because(Code::FailedPrecondition, "ERASED", &text)
        }
        CommandError::Refused(_) | CommandError::VersionMismatch { .. } | CommandError::KeyReused => {
            because(Code::FailedPrecondition, "REFUSED", &text)
        }
        CommandError::Contended => again(Code::Aborted, "CONTENDED", &text, SOON),
        CommandError::Overloaded => again(Code::ResourceExhausted, "OVERLOADED", &text, SOON),
        CommandError::Unavailable(reason) | CommandError::NotForgotten(reason) => {
            tracing::warn!(reason, "a call was not carried out");
            again(Code::Unavailable, "UNAVAILABLE", "the event log does not answer", SOON)
        }
        CommandError::Full(reason) => {
            tracing::warn!(reason, "a call was not carried out");
            again(Code::Unavailable, "FULL", "the event log is full", LATER)
        }
        // Opening an account again changes nothing, so a client that does not know may ask again.
        CommandError::OutcomeUnknown => again(Code::Unavailable, "OUTCOME_UNKNOWN", &text, SOON),
        CommandError::Broken(reason) => {
            tracing::error!(reason, "a call failed");
            because(Code::Internal, "INTERNAL", "the server failed")
        }
    }
}

fn because(code: Code, reason: &str, message: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    Status::with_error_details(code, message, details)
}

fn again(code: Code, reason: &str, message: &str, after: Duration) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    details.set_retry_info(Some(after));
    Status::with_error_details(code, message, details)
}
