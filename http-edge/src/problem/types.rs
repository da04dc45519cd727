//! The kinds of problem that any service can return. The services declare their domain's refusals. A slug is
//! published and is never renamed; each has its page in `docs/errors/`.

use super::ProblemType;
use crate::problem_types;

problem_types! {
    /// The body is not JSON.
    MALFORMED_JSON = (400, "malformed-json", "The body is not valid JSON");
    /// The request is JSON, but does not have the documented form.
    INVALID_REQUEST = (400, "invalid-request", "The request does not have the documented form");
    /// The bytes are not an HTTP request, or the body is incomplete.
    MALFORMED_REQUEST = (400, "malformed-request", "The request is not valid HTTP");
    /// There is nothing at this address.
    NOT_FOUND = (404, "not-found", "There is nothing here");
    /// The address exists, but does not support the method.
    METHOD_NOT_ALLOWED = (405, "method-not-allowed", "This address does not support the method");
    /// The client did not send its request in time.
    REQUEST_TIMEOUT = (408, "request-timeout", "The request did not arrive in time");
    /// The resource has been erased permanently.
    ERASED = (410, "erased", "Erased");
    /// `If-Match` names another version.
    PRECONDITION_FAILED = (412, "precondition-failed", "It has changed since you read it");
    /// The body is larger than allowed.
    BODY_TOO_LARGE = (413, "body-too-large", "The body is too large");
    /// The media type of the body is not supported here.
    UNSUPPORTED_MEDIA_TYPE = (415, "unsupported-media-type", "The body has an unsupported media type");
    /// The form is valid, but a value breaks a rule.
    VALIDATION_FAILED = (422, "validation-failed", "A value is not acceptable");
    /// The request's head is larger than allowed.
    HEAD_TOO_LARGE = (431, "head-too-large", "The headers are too large");
    /// A defect in the server.
    INTERNAL = (500, "internal", "The server failed");
    /// A dependency of the server is unreachable.
    UNAVAILABLE = (503, "unavailable", "The service is not available at the moment");
    /// More requests than the server handles concurrently.
    OVERLOADED = (503, "overloaded", "The server has too much to do");
}

/// The only kind that fits a bare status, if there is exactly one.
pub(crate) fn of_status(status: u16) -> Option<&'static ProblemType> {
    match status {
        400 => Some(&INVALID_REQUEST),
        503 => Some(&UNAVAILABLE),
        status => ALL.iter().copied().find(|kind| kind.status == status),
    }
}
