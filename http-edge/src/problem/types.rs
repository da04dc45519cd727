//! The kinds of problem that any service can return. The services declare their domain's refusals. A slug is
//! published and is never renamed; each has its page in `docs/errors/`.

use super::ProblemType;
use crate::problem_types;

problem_types! {
    /// The body is not JSON.
    MALFORMED_JSON = (400, "malformed-json", "Invalid JSON");
    /// The request is JSON, but does not have the documented form.
    INVALID_REQUEST = (400, "invalid-request", "Invalid request");
    /// The bytes are not an HTTP request, or the body is incomplete.
    MALFORMED_REQUEST = (400, "malformed-request", "Invalid HTTP request");
    /// There is nothing at this address.
    NOT_FOUND = (404, "not-found", "Not found");
    /// The address exists, but does not support the method.
    METHOD_NOT_ALLOWED = (405, "method-not-allowed", "Method not allowed");
    /// The client did not send its request in time.
    REQUEST_TIMEOUT = (408, "request-timeout", "Request timeout");
    /// The resource has been erased permanently.
    ERASED = (410, "erased", "Erased");
    /// `If-Match` names another version.
    PRECONDITION_FAILED = (412, "precondition-failed", "The resource has changed");
    /// The body is larger than allowed.
    BODY_TOO_LARGE = (413, "body-too-large", "Body too large");
    /// The media type of the body is not supported here.
    UNSUPPORTED_MEDIA_TYPE = (415, "unsupported-media-type", "Unsupported media type");
    /// The form is valid, but a value breaks a rule.
    VALIDATION_FAILED = (422, "validation-failed", "Validation failed");
    /// The client sends more requests than a rate limit allows.
    TOO_MANY_REQUESTS = (429, "too-many-requests", "Too many requests");
    /// The request's head is larger than allowed.
    HEAD_TOO_LARGE = (431, "head-too-large", "Headers too large");
    /// A defect in the server.
    INTERNAL = (500, "internal", "Internal server error");
    /// A dependency of the server is unreachable.
    UNAVAILABLE = (503, "unavailable", "Service unavailable");
    /// More requests than the server handles concurrently.
    OVERLOADED = (503, "overloaded", "Server overloaded");
}

/// The only kind that fits a bare status, if there is exactly one.
pub(crate) fn of_status(status: u16) -> Option<&'static ProblemType> {
    match status {
        400 => Some(&INVALID_REQUEST),
        503 => Some(&UNAVAILABLE),
        status => ALL.iter().copied().find(|kind| kind.status == status),
    }
}
