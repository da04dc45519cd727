//! Maps errors to gRPC statuses. Each status carries machine-readable details and never repeats the client's input.

use std::{collections::HashMap, time::Duration};

use commands::{CommandError, Refusal};
use domain::patient::PatientRefusal;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// The domain of the error reasons (`ErrorInfo.domain`).
const DOMAIN: &str = "anamnesis";
/// The retry delay for errors that pass by themselves.
const SOON: Duration = Duration::from_secs(1);
/// The retry delay for errors that an operator must fix first.
const LATER: Duration = Duration::from_secs(60);

/// The status of an invalid request.
pub(super) fn invalid(faults: Vec<FieldViolation>) -> Status {
    let mut details = ErrorDetails::with_bad_request(faults);
    details.set_error_info("INVALID_ARGUMENT", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, "a field is not acceptable", details)
}

/// The status of a call above the limit on concurrent calls.
pub(super) fn overloaded() -> Status {
    again(
        Code::ResourceExhausted,
        "OVERLOADED",
        "too many calls are in progress",
        SOON,
    )
}

/// The status of a call that timed out. The command may have been executed. A retry is safe.
pub(super) fn too_late() -> Status {
    let details = ErrorDetails::with_error_info("DEADLINE_EXCEEDED", DOMAIN, HashMap::new());
    let message = "the call ran out of time, and may have been carried out";
    Status::with_error_details(Code::DeadlineExceeded, message, details)
}

/// The status of a failed command.
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
            again(Code::Unavailable, "UNAVAILABLE", "the event log is unavailable", SOON)
        }
        CommandError::Full(reason) => {
            tracing::warn!(reason, "a call was not carried out");
            again(Code::Unavailable, "FULL", "the event log is full", LATER)
        }
        // Opening an open account changes nothing, so a retry is safe.
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
